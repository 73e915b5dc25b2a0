// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/dialogs/ladder_view.h"

#include "core/campaign/preflight_text.h"
#include "gui/models/words.h"
#include "gui/theme/state_painter.h"
#include "gui/widgets/words_label.h"

#include <QGridLayout>
#include <QPainter>
#include <QVBoxLayout>

namespace seatrial::gui {

using campaign::RungState;

State stateOf(RungState state)
{
    switch (state) {
    case RungState::Passed: return State::Qualified;
    case RungState::Warned: return State::Marginal;
    case RungState::Failed: return State::Failed;
    case RungState::InWork: return State::Running;
    case RungState::NotReached:
    case RungState::NotPresent: break;
    }
    return State::NotTested;
}

class LadderView::Glyph : public QWidget {
public:
    Glyph() { setFixedWidth(18); }
    void setState(RungState state)
    {
        setAccessibleName(QString::fromStdString(campaign::rungStateText(state)));
        setToolTip(accessibleName());
        m_state = stateOf(state);
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        paintState(painter, themeOf(*this), QPointF(9, QFontMetrics(fontFor(TypeRole::Body)).height() / 2.0 + 1), 13, m_state);
    }

private:
    State m_state = State::NotTested;
};

LadderView::LadderView(QWidget* parent) : QScrollArea(parent)
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(tr("Steps to the node"));
    auto* inside = new QWidget;
    auto* grid = new QGridLayout(inside);
    grid->setContentsMargins(16, 12, 16, 12);
    grid->setHorizontalSpacing(10);
    grid->setVerticalSpacing(0);
    grid->setColumnStretch(3, 1);
    int line = 0;
    for (const auto& name : campaign::rungNames()) {
        Row row{new Glyph, new WordsLabel(shown(name), TypeRole::Body), new WordsLabel(TypeRole::Body, &Theme::text3), new WordsLabel(TypeRole::Body, &Theme::text2),
                new WordsLabel(TypeRole::Body, &Theme::accentInk)};
        row.time->setFont(numericFontFor(TypeRole::Body));
        row.time->setAlignment(Qt::AlignRight | Qt::AlignTop);
        row.time->setMinimumWidth(QFontMetrics(row.time->font()).horizontalAdvance(QStringLiteral("0.000 s")));
        row.name->setAlignment(Qt::AlignTop);
        row.found->wrapped().setAlignment(Qt::AlignTop);
        row.remedy->wrapped().setAlignment(Qt::AlignTop);
        row.found->setObjectName(shown(name));
        grid->addWidget(row.glyph, line, 0);
        grid->addWidget(row.name, line, 1);
        grid->addWidget(row.time, line, 2);
        grid->addWidget(row.found, line++, 3);
        grid->addWidget(row.remedy, line++, 3);
        grid->setRowMinimumHeight(line++, 7);
        m_rows.push_back(row);
    }
    grid->setRowStretch(line, 1);
    setWidget(inside);
    inside->setAutoFillBackground(false); // the panel around it paints the ground
    viewport()->setAutoFillBackground(false);
}

void LadderView::setLadder(const campaign::Ladder& ladder)
{
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const campaign::Rung rung = i < ladder.rungs.size() ? ladder.rungs[i] : campaign::Rung{};
        const Row& row = m_rows[i];
        const bool begun = rung.state != RungState::NotReached;
        row.glyph->setState(rung.state);
        row.name->setInk(begun ? &Theme::text : &Theme::text3);
        row.time->setText(begun && rung.state != RungState::InWork ? QString::fromStdString(campaign::durationText(rung.seconds)) : QString());
        row.found->setInk(rung.state == RungState::Failed || rung.state == RungState::Warned ? &Theme::text : begun ? &Theme::text2 : &Theme::text3);
        const bool noWords = rung.found.empty();
        row.found->setText(!noWords ? shown(campaign::foundText(ladder.node, rung)) : rung.state == RungState::InWork ? tr("under way…") : !begun ? tr("not reached") : QString());
        row.remedy->setText(rung.remedy.empty() ? QString() : tr("Next: %1").arg(shown(rung.remedy)));
        row.remedy->setVisible(!rung.remedy.empty());
    }
}

} // namespace seatrial::gui
