// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/campaign/preflight.h"
#endif

#include <QDialog>

#include <map>
#include <vector>

class QListWidget;
class QPushButton;

namespace seatrial::gui {

class LadderView;
class Notice;
class SegmentedControl;
class WordsLabel;

// Check connection: the nodes at the left with how each stands, and the steps to the chosen one, live as they come.
// Knows nothing of how nodes are reached: it asks for a check and is told of ladders.
class CheckDialog : public QDialog {
    Q_OBJECT

public:
    // @p selected: those that a person had selected; empty offers no choice between them and all.
    CheckDialog(std::vector<domain::NodeId> all, std::vector<domain::NodeId> selected, QWidget* parent = nullptr);

    void begin(); // asks for the first check
    void setLadders(const std::vector<campaign::Ladder>& ladders);
    void setEnded(bool stopped);
    void setFailure(const domain::Failure& failure);
    QString text() const; // what "Copy as text" copies

signals:
    void checkAsked(const std::vector<seatrial::domain::NodeId>& nodes);
    void stopAsked();

private:
    const std::vector<domain::NodeId>& chosen() const;
    void restart();
    void showNode();
    void refreshItem(int row);
    void refreshWords();
    void showFirstProblem();

    const std::vector<domain::NodeId> m_all;
    const std::vector<domain::NodeId> m_selected;
    std::map<domain::NodeId, campaign::Ladder> m_ladders;
    std::map<domain::NodeId, int> m_rowOf;
    bool m_running = false;
    bool m_stopped = false;
    bool m_personChose = false; // a node: it stays
    WordsLabel* m_words;
    Notice* m_notice;
    SegmentedControl* m_which = nullptr;
    QListWidget* m_list;
    LadderView* m_ladder;
    WordsLabel* m_node;
    QPushButton* m_again;
    QPushButton* m_stop;
    QPushButton* m_copy;
};

} // namespace seatrial::gui
