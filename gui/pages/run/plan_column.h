// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"
#include "gui/pages/run/ramp_choice.h"
#include "gui/widgets/panel.h"

#include <memory>
#include <optional>

class QButtonGroup;
class QCheckBox;
class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace seatrial::gui {

class PlanCard;
class WordsLabel;

// What is about to be done: which plan, on which nodes, under whose permission.
class PlanColumn : public Panel {
    Q_OBJECT

public:
    explicit PlanColumn(QWidget* parent = nullptr);

    void setOperator(const QString& name) { m_operator = name; }
    void setPlans(const std::vector<domain::Plan>& plans);
    void showRun(const domain::RunInfo* run); // what was chosen for it; nullptr: choose for the next one
    void setFleet(std::shared_ptr<const domain::Fleet> fleet);
    void setSelected(const QStringList& nodes); // of the other pages: an offer
    void setEstimate(const QString& plan, double seconds);
    void setLocked(const QString& why); // empty: free
    void choosePlan(const QString& name);

    const domain::Plan* plan() const;
    const std::vector<domain::NodeId>& nodes() const { return m_nodes; }
    bool allowBusy() const;
    const domain::Fleet* fleet() const { return m_fleet.get(); }
    RampChoice& ramp() { return *m_ramp; }
    bool isChosen() const { return m_fleet && plan() && !m_nodes.empty(); }
    bool isReady() const { return isChosen() && m_ramp->terms(); }
    double estimate() const { return m_estimate; }

signals:
    void changed();
    void estimateWanted(const seatrial::domain::Plan& plan, const std::vector<seatrial::domain::NodeId>& nodes, const seatrial::campaign::RampTerms& ramp);

private:
    void makeNodesPart();
    void makeLoadPart();
    void readNodes();
    void refresh();
    void askEstimates();
    void showCards(const std::vector<domain::Plan>& plans);

    std::shared_ptr<const domain::Fleet> m_fleet;
    std::vector<domain::Plan> m_plans;
    std::string m_chosen; // of these
    std::optional<domain::RunId> m_shownRun;
    std::size_t m_shownNodes = 0; // of that run
    QString m_typed; // as the nodes of the next run
    std::vector<domain::NodeId> m_nodes;
    QStringList m_selected;
    QString m_operator;
    double m_estimate = 0;
    bool m_locked = false;

    QVBoxLayout* m_cards;
    QButtonGroup* m_group;
    QVBoxLayout* m_steps;
    QLineEdit* m_expression;
    WordsLabel* m_words;
    QPushButton* m_useSelection;
    WordsLabel* m_load;
    RampChoice* m_ramp;
    QCheckBox* m_allowBusy;
    WordsLabel* m_who;
};

} // namespace seatrial::gui
