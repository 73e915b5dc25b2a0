// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/campaign/ramp.h"
#endif

#include <QWidget>

#include <optional>

class QLineEdit;

namespace seatrial::gui {

class SegmentedControl;
class WordsLabel;

// As a person left it, to be remembered: texts, because half of a thought is remembered too.
struct RampSetting {
    enum class Way { Automatic, Own, Off };
    Way way = Way::Automatic;
    QString steps; // percent: "12.5,25,50,100"
    QString pause; // seconds
    bool operator==(const RampSetting&) const = default;
};

// How load comes onto many nodes: as is usual, in steps of one's own, or at once; what that means for the chosen nodes,
// and what is wrong with what was typed. The words and bounds are those of seatrialctl --ramp and --ramp-pause.
class RampChoice : public QWidget {
    Q_OBJECT

public:
    explicit RampChoice(QWidget* parent = nullptr);

    void setUsual(const campaign::RampTerms& usual);
    void setNodes(std::size_t nodes); // that the plan would load; 0: none
    void set(const RampSetting& setting); // what cannot be used in it is as if it were not there
    RampSetting setting() const;

    std::optional<campaign::RampTerms> terms() const { return m_terms; } // nothing while what was typed is wrong
    QString problem() const { return m_problem; }
    bool hasFocusInside() const;

signals:
    void changed();

private:
    QLineEdit* addField(const QString& words, int width);
    void read();
    void say();
    QString consequence() const;

    campaign::RampTerms m_usual;
    std::optional<campaign::RampTerms> m_terms;
    std::size_t m_nodes = 0;
    QString m_problem;

    SegmentedControl* m_way;
    QLineEdit* m_steps;
    QLineEdit* m_pause;
    WordsLabel* m_words;
};

} // namespace seatrial::gui
