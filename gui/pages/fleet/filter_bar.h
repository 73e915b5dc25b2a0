// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/fleet_view_data.h"

#include <QTimer>
#include <QWidget>

class QLineEdit;
class QMenu;
class QPushButton;

namespace seatrial::gui {

class FilterCompleter;
class WordsLabel;

// One expression for all racks. While it is typed, the line below says what is wrong with it and where; what was
// understood last goes on to hold until the next one is.
class FilterBar : public QWidget {
    Q_OBJECT

public:
    explicit FilterBar(QWidget* parent = nullptr);

    void setFleet(FleetSnapshot fleet); // whose values are offered
    void setMatches(const QString& text);

    const QString& filter() const { return m_filter; } // the last one that was understood
    void setText(const QString& text);
    void startTyping(); // the keyboard comes here, all is selected
    void showHelp();
    QLineEdit& field() { return *m_field; }

signals:
    void filterChanged();
    void left(); // the racks may have the keyboard back

protected:
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    void take(const QString& text);
    void apply();
    void fillRecent();
    void remember();

    QString m_filter;
    QTimer m_rest; // of typing, where a word may still become a field
    QLineEdit* m_field;
    QPushButton* m_recent;
    QMenu* m_recentMenu;
    QPushButton* m_help;
    WordsLabel* m_matches;
    WordsLabel* m_problem;
    FilterCompleter* m_completer;
};

} // namespace seatrial::gui
