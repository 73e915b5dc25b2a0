// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/runs_model.h"

#include "gui/models/words.h"

#include <algorithm>

namespace seatrial::gui {

namespace {

QString line(const store::RunSummary& run)
{
    const auto count = [&run](domain::Verdict verdict) {
        const auto found = run.verdicts.find(verdict);
        return found == run.verdicts.end() ? 0 : found->second;
    };
    QString text = QStringLiteral("Run %1  ·  %2  ·  %3").arg(shown(run.id.text()), shown(run.plan), dayText(run.startedWall));
    if (run.state == domain::RunState::Finished)
        text += QStringLiteral("  ·  %1 of %2 qualified").arg(count(domain::Verdict::Qualified)).arg(run.nodes);
    else
        text += QStringLiteral("  ·  ") + shown(domain::runStateText(run.state));
    return text;
}

} // namespace

void RunsModel::setRuns(std::vector<store::RunSummary> runs)
{
    std::ranges::stable_sort(runs, std::ranges::greater{}, &store::RunSummary::startedWall);
    beginResetModel();
    m_runs = std::move(runs);
    endResetModel();
}

int RunsModel::rowOf(const domain::RunId& run) const
{
    const auto found = std::ranges::find(m_runs, run, &store::RunSummary::id);
    return found == m_runs.end() ? -1 : static_cast<int>(found - m_runs.begin());
}

int RunsModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_runs.size()); }

QVariant RunsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const store::RunSummary& run = m_runs[static_cast<std::size_t>(index.row())];
    if (role == IdRole)
        return QString::fromStdString(run.id.text());
    return role == Qt::DisplayRole ? QVariant(line(run)) : QVariant();
}

} // namespace seatrial::gui
