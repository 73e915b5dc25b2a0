// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

class QAction;
class QLineEdit;
class QListWidget;

namespace seatrial::gui {

// Everything the window can do, found by a few letters. What cannot be done now is grey.
class CommandPalette : public QDialog {
    Q_OBJECT

public:
    explicit CommandPalette(const QList<QAction*>& actions, QWidget* parent = nullptr);
    QAction* chosen() const { return m_chosen; } // to be triggered when this is closed

protected:
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    void fill(const QString& typed);
    void choose();

    QList<QAction*> m_actions;
    QAction* m_chosen = nullptr;
    QLineEdit* m_field;
    QListWidget* m_list;
};

} // namespace seatrial::gui
