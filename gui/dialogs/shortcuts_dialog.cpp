// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/dialogs/shortcuts_dialog.h"

#include "gui/widgets/words_label.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace seatrial::gui {

ShortcutsDialog::ShortcutsDialog(const QList<QAction*>& actions, QWidget* parent) : QDialog(parent)
{
    setWindowTitle(tr("Keys"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(22, 18, 22, 18);
    layout->setSpacing(14);
    layout->addWidget(new WordsLabel(tr("Keys"), TypeRole::Title));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(20);
    grid->setVerticalSpacing(5);
    int row = 0;
    const auto add = [grid, &row](const QString& keys, const QString& what) {
        const int column = row % 2 == 0 ? 0 : 2;
        auto* key = new WordsLabel(keys, TypeRole::Row, &Theme::accentInk);
        key->setWeight(QFont::DemiBold);
        grid->addWidget(key, row / 2, column);
        grid->addWidget(new WordsLabel(what, TypeRole::Row), row / 2, column + 1);
        ++row;
    };
    for (const QAction* action : actions) {
        QStringList keys;
        for (const QKeySequence& each : action->shortcuts())
            keys << each.toString(QKeySequence::NativeText);
        if (!keys.isEmpty())
            add(keys.join(QStringLiteral(", ")), QString(action->text()).remove(QLatin1Char('&')).remove(QStringLiteral("…")));
    }
    add(tr("Arrows"), tr("move over the racks by place"));
    add(tr("Menu, Shift+F10"), tr("what can be done with the selected nodes"));
    add(tr("Space"), tr("keep the card of a node"));
    add(tr("Enter"), tr("open a node, a row or a rack"));
    add(tr("Ctrl+wheel"), tr("zoom the racks"));
    layout->addLayout(grid);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
}

} // namespace seatrial::gui
