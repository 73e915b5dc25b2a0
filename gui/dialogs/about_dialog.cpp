// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/dialogs/about_dialog.h"

#include "gui/theme/icons.h"
#include "gui/widgets/words_label.h"

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QVBoxLayout>

namespace seatrial::gui {

AboutDialog::AboutDialog(const QString& version, QWidget* parent) : QDialog(parent)
{
    setWindowTitle(tr("About Seatrial"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(22, 18, 22, 18);
    layout->setSpacing(12);
    auto* head = new QHBoxLayout;
    auto* logo = new QLabel;
    logo->setPixmap(applicationIcon().pixmap(44, 44));
    head->addWidget(logo);
    head->addSpacing(10);
    auto* names = new QVBoxLayout;
    names->addWidget(new WordsLabel(QStringLiteral("Seatrial"), TypeRole::Title));
    names->addWidget(new WordsLabel(tr("Version %1").arg(version), TypeRole::Body, &Theme::text2));
    head->addLayout(names, 1);
    layout->addLayout(head);
    auto* words = new WordsLabel(tr("Measures every node of a cluster over plain SSH and judges what was measured against limits that name their source.\n\n"
                                    "The window is free software under the GNU General Public License, version 3 or later; the engine that runs on nodes "
                                    "and its protocol are under the Apache License 2.0. Built with Qt %1.")
                                     .arg(QString::fromLatin1(qVersion())),
                                 TypeRole::Body, &Theme::text2);
    words->wrapped().setMinimumWidth(420);
    layout->addWidget(words);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
}

} // namespace seatrial::gui
