// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/run/progress_band.h"

#include "gui/models/words.h"
#include "gui/theme/state_painter.h"
#include "gui/theme/textures.h"
#include "gui/theme/type_roles.h"

#include <QDateTime>
#include <QPainter>

#include <algorithm>

namespace seatrial::gui {

namespace {

constexpr qreal left = 16;

double phaseSeconds(const domain::PlanStep& step)
{
    return step.expectedSeconds * (step.scope == domain::Scope::Pair ? step.partners : 1);
}

QString endedText(const campaign::Snapshot& run)
{
    const QString after = run.elapsedSeconds > 0 ? ProgressBand::tr(" after %1").arg(durationText(run.elapsedSeconds)) : QString();
    switch (run.data->info.state) {
    case domain::RunState::Finished: return ProgressBand::tr("Finished") + after;
    case domain::RunState::Cancelled: return ProgressBand::tr("Stopped") + after;
    case domain::RunState::Interrupted: return ProgressBand::tr("Let go: the nodes go on alone");
    case domain::RunState::Running: break;
    }
    return ProgressBand::tr("In work elsewhere, or left behind");
}

QString rampText(const campaign::RampProgress& ramp, double wallSeconds)
{
    const QString share = QString::number(100 * ramp.share, 'g', 3);
    if (ramp.stopped)
        return ProgressBand::tr("Load stays on %1 % of nodes: too many died").arg(share);
    if (ramp.held)
        return ProgressBand::tr("Load: %1 % of nodes, waits for lost ones").arg(share);
    if (ramp.nextWall <= 0)
        return ProgressBand::tr("Load: %1 % of nodes").arg(share);
    return ProgressBand::tr("Load: %1 % of nodes, next step in %2").arg(share, durationText(ramp.nextWall - wallSeconds));
}

} // namespace

ProgressBand::ProgressBand(QWidget* parent) : QWidget(parent) { setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed); }

QSize ProgressBand::sizeHint() const { return {600, 66}; }

void ProgressBand::setReady(const QString& headline, const QString& basis)
{
    m_headline = headline;
    m_basis = basis;
    m_done = 0;
    m_ramp.reset();
    m_run.clear();
    m_phases.clear();
    m_counts.clear();
    setAccessibleName(headline + QStringLiteral(". ") + basis);
    update();
}

void ProgressBand::setViews(const RunViews& views)
{
    const auto& run = *views.snapshot;
    const auto& info = run.data->info;
    if (m_run != info.id.text()) {
        m_run = info.id.text();
        m_done = 0;
    }
    const double total = run.elapsedSeconds + (run.left ? run.left->seconds : 0);
    const bool working = run.live && !run.finished;
    const double now = !working ? (run.stepsPlanned > 0 ? double(run.stepsDone) / run.stepsPlanned : 0) : total > 0 ? run.elapsedSeconds / total : 0;
    m_done = info.state == domain::RunState::Finished ? 1 : std::max(m_done, std::clamp(now, 0.0, 1.0));
    m_tone = working ? State::Running : State::Qualified;
    describe(views);

    double seconds = 0;
    for (const auto& step : info.plan.steps)
        seconds += phaseSeconds(step);
    m_phases.clear();
    for (const auto& step : info.plan.steps)
        m_phases.push_back({shown(step.title), seconds > 0 ? phaseSeconds(step) / seconds : 0});
    const auto of = [&views](State state) { return views.counts.of(state); };
    m_counts.clear();
    if (working)
        m_counts.push_back({State::Running, of(State::Running), tr("working")});
    else
        m_counts.push_back({State::Qualified, of(State::Qualified), tr("qualified")});
    if (of(State::Stuck) > 0)
        m_counts.push_back({State::Stuck, of(State::Stuck), tr("stuck")});
    if (working)
        m_counts.push_back({State::Qualified, of(State::Qualified), tr("qualified")});
    m_counts.push_back({State::Marginal, of(State::Marginal), tr("marginal")});
    m_counts.push_back({State::Failed, of(State::Failed), tr("failed")});
    m_counts.push_back({State::Unknown, of(State::Unknown), tr("unknown")});
    m_counts.push_back({State::Unreachable, of(State::Unreachable), tr("unreachable")});
    if (of(State::NotTested) + views.notInPlan > 0)
        m_counts.push_back({State::NotTested, of(State::NotTested) + views.notInPlan, working ? tr("waiting or not in it") : tr("not in it")});
    update();
}

void ProgressBand::describe(const RunViews& views)
{
    const auto& run = *views.snapshot;
    m_ramp.reset();
    if (!run.live || run.finished) {
        m_headline = endedText(run);
        m_basis = tr("%1, begun %2 by %3").arg(shown(run.data->info.plan.title), dateText(run.data->info.startedWall), shown(run.data->info.operatorName));
    } else if (run.pause) {
        const auto working = std::count_if(run.nodes.begin(), run.nodes.end(), [](const auto& node) { return node.phase == campaign::NodePhase::Working; });
        m_headline = run.left ? tr("Paused, about %1 left").arg(durationText(run.left->seconds)) : tr("Paused");
        m_basis = tr("since %1 by %2; %3").arg(clockText(run.pause->sinceWall), shown(run.pause->by), working > 0 ? tr("%1 still ending a step").arg(nodesText(static_cast<int>(working))) : tr("nothing is in work, connections stay"));
    } else {
        const double seconds = run.left ? run.left->seconds : 0;
        m_headline = seconds < 1 ? tr("Ending") : tr("About %1 left").arg(durationText(seconds));
        const int measured = run.left ? run.left->stepsFinished : 0;
        m_basis = measured == 0 ? tr("from the plan's own figures; %1 gone").arg(durationText(run.elapsedSeconds))
                                : tr("from the pace of %1 ended steps; %2 gone, %3 of %4 steps").arg(measured).arg(durationText(run.elapsedSeconds)).arg(run.stepsDone).arg(run.stepsPlanned);
        m_ramp = run.ramp;
        m_sinceRamp = tr("; %1 gone").arg(durationText(run.elapsedSeconds));
    }
    if (m_ramp)
        m_basis = basisAt(QDateTime::currentMSecsSinceEpoch() / 1000.0);
    setAccessibleName(m_headline + QStringLiteral(". ") + m_basis);
}

QString ProgressBand::basisAt(double wallSeconds) const { return m_ramp ? rampText(*m_ramp, wallSeconds) + m_sinceRamp : m_basis; }

// The accessible name stays as it was: a screen reader would speak every second.
void ProgressBand::setClock(double wallSeconds)
{
    const QString basis = basisAt(wallSeconds);
    if (basis == m_basis)
        return;
    m_basis = basis;
    update();
}

void ProgressBand::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.fillRect(rect(), theme.panel);
    painter.fillRect(0, height() - 1, width(), 1, theme.line);
    const qreal words = m_phases.empty() ? width() - 2 * left : std::clamp(width() * 0.3, 260.0, 390.0);
    painter.setFont(fontFor(TypeRole::Title));
    painter.setPen(theme.text);
    painter.drawText(QRectF(left, 8, words, 26), Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(m_headline, Qt::ElideRight, words));
    painter.setFont(fontFor(TypeRole::Row));
    painter.setPen(theme.text2);
    painter.drawText(QRectF(left, 36, words, 20), Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(m_basis, Qt::ElideRight, words));
    if (m_phases.empty())
        return;
    const qreal right = paintCounts(painter);
    const QRectF bar(left + words + 18, 13, right - left - words - 18 - 26, 13);
    if (bar.width() > 80)
        paintBar(painter, bar);
}

void ProgressBand::paintBar(QPainter& painter, const QRectF& bar) const
{
    const Theme& theme = themeOf(*this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.lineFrame, 1));
    painter.setBrush(theme.sunken);
    painter.drawRoundedRect(bar, 3, 3);
    const QRectF done(bar.topLeft(), QSizeF(bar.width() * m_done, bar.height()));
    if (done.width() > 2) {
        const StateColours& colours = theme.of(m_tone);
        painter.setPen(QPen(colours.edge, 1));
        painter.setBrush(m_tone == State::Running ? stripeBrush(theme, Grain::Coarse, devicePixelRatioOf(painter)) : QBrush(colours.fill));
        painter.drawRoundedRect(done, 3, 3);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setFont(fontFor(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    qreal x = bar.left();
    for (std::size_t i = 0; i < m_phases.size(); ++i) {
        const qreal width = bar.width() * m_phases[i].share;
        if (i > 0) {
            painter.setPen(theme.text2);
            painter.drawLine(QPointF(x, bar.top() - 3), QPointF(x, bar.bottom() + 4));
        }
        painter.setPen(theme.text2);
        // Whole or not at all: the steps below the band have their names.
        if (metrics.horizontalAdvance(m_phases[i].title) <= width - 6)
            painter.drawText(QRectF(x + 3, bar.bottom() + 8, width - 6, 18), Qt::AlignVCenter | Qt::AlignHCenter, m_phases[i].title);
        x += width;
    }
}

qreal ProgressBand::paintCounts(QPainter& painter) const
{
    const Theme& theme = themeOf(*this);
    const QFont number = fontFor(TypeRole::Heading);
    const QFont word = fontFor(TypeRole::Row);
    const QFontMetricsF numbers(number), words(word);
    qreal x = width() - 14;
    for (auto it = m_counts.rbegin(); it != m_counts.rend(); ++it) {
        const QString text = QString::number(it->count);
        const qreal each = std::max(22 + numbers.horizontalAdvance(text), words.horizontalAdvance(it->word));
        x -= each;
        painter.setRenderHint(QPainter::Antialiasing);
        paintState(painter, theme, {x + 7, 20}, 14, it->state);
        painter.setFont(number);
        painter.setPen(it->count > 0 ? theme.text : theme.text3);
        painter.drawText(QRectF(x + 20, 8, each, 24), Qt::AlignVCenter, text);
        painter.setFont(word);
        painter.setPen(theme.text2);
        painter.drawText(QRectF(x, 36, each + 4, 20), Qt::AlignVCenter, it->word);
        x -= 18;
    }
    return x;
}

} // namespace seatrial::gui
