// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/dialogs/leave_dialog.h"

#include "gui/widgets/words_label.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace seatrial::gui {

LeaveDialog::LeaveDialog(const QString& run, QWidget* parent) : QDialog(parent)
{
    setWindowTitle(tr("Run in work"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(22, 18, 22, 18);
    layout->setSpacing(12);
    layout->addWidget(new WordsLabel(tr("Run %1 is still at work").arg(run), TypeRole::Title));
    auto* words = new WordsLabel(tr("Detach lets the nodes go on alone; each keeps its journal, and the run can be continued from this window or with "
                                    "seatrialctl continue. Stop ends every step on the nodes now."),
                                 TypeRole::Body, &Theme::text2);
    words->wrapped().setMinimumWidth(460);
    layout->addWidget(words);
    auto* buttons = new QHBoxLayout;
    const auto add = [this, buttons](const QString& label, Choice choice, const char* property) {
        auto* button = new QPushButton(label);
        if (property)
            button->setProperty(property, true);
        button->setAutoDefault(choice == Choice::Stay);
        buttons->addWidget(button);
        connect(button, &QPushButton::clicked, this, [this, choice] {
            m_choice = choice;
            done(choice == Choice::Stay ? Rejected : Accepted);
        });
        return button;
    };
    add(tr("Detach and close"), Choice::Detach, "primary");
    add(tr("Stop run and close"), Choice::Stop, "danger");
    buttons->addStretch(1);
    add(tr("Stay"), Choice::Stay, nullptr)->setDefault(true);
    layout->addLayout(buttons);
}

} // namespace seatrial::gui
