// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/findings_model.h"

#include "gui/models/run_states.h"
#include "gui/models/words.h"

namespace seatrial::gui {

namespace {

constexpr quintptr topLevel = ~quintptr(0); // else the row of the finding that a row explains

QString titleOf(const domain::Finding& finding, const domain::Plan& plan, const QString& node)
{
    QString test = shown(finding.check);
    for (const auto& step : plan.steps) {
        if (step.check.text() == finding.check)
            test = shown(step.title);
    }
    const QString figure = figureName(finding, node);
    return figure.isEmpty() ? test : figure; // the figure says what was measured; the test is in the tooltip
}

// The unit stands beside the value already.
QString limitText(const domain::Finding& finding)
{
    if (finding.limit.empty() || finding.limit == "—")
        return QStringLiteral("none");
    QString text = shown(finding.limit);
    const QString value = finding.value ? valueText(*finding.value, finding.unit) : QString();
    const QString suffix = value.mid(value.lastIndexOf(QLatin1Char(' ')));
    if (value.contains(QLatin1Char(' ')) && text.endsWith(suffix))
        text.chop(suffix.size());
    return text;
}

} // namespace

void FindingsModel::setFindings(std::vector<domain::Finding> findings, const domain::Plan& plan, const QString& node)
{
    beginResetModel();
    m_findings = std::move(findings);
    m_titles.clear();
    for (const auto& finding : m_findings)
        m_titles.push_back(titleOf(finding, plan, node));
    endResetModel();
}

QModelIndex FindingsModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) : topLevel);
}

QModelIndex FindingsModel::parent(const QModelIndex& child) const
{
    if (!child.isValid() || child.internalId() == topLevel)
        return {};
    return createIndex(static_cast<int>(child.internalId()), 0, topLevel);
}

int FindingsModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid())
        return static_cast<int>(m_findings.size());
    return parent.internalId() == topLevel && parent.column() == 0 ? 1 : 0;
}

int FindingsModel::columnCount(const QModelIndex&) const { return ColumnCount; }

QString FindingsModel::text(const domain::Finding& finding, int row, int column) const
{
    switch (column) {
    case Test: return m_titles[static_cast<std::size_t>(row)];
    case Measured: return finding.value ? valueText(*finding.value, finding.unit) : QStringLiteral("no result");
    case Limit: return limitText(finding);
    case Margin: return finding.margin ? QStringLiteral("%1 %").arg(*finding.margin * 100, 0, 'f', 0).replace(QLatin1Char('-'), QChar(0x2212)) : QString();
    default: return {};
    }
}

QString FindingsModel::detail(const domain::Finding& finding)
{
    QStringList lines;
    if (!finding.text.empty())
        lines << shown(finding.text);
    if (!finding.source.empty())
        lines << QStringLiteral("Limit, %1: %2").arg(judgementText(finding.judgement), shown(finding.source));
    if (!finding.advice.empty() && finding.verdict != domain::Verdict::Qualified)
        lines << QStringLiteral("Next: ") + shown(finding.advice);
    return lines.join(QLatin1Char('\n'));
}

QVariant FindingsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const bool explains = index.internalId() != topLevel;
    const int row = explains ? static_cast<int>(index.internalId()) : index.row();
    const domain::Finding& finding = m_findings[static_cast<std::size_t>(row)];
    if (explains)
        return index.column() == 0 && (role == Qt::DisplayRole || role == DetailRole) ? QVariant(detail(finding)) : QVariant();
    switch (role) {
    case Qt::DisplayRole: return text(finding, row, index.column());
    case Qt::AccessibleTextRole:
        return index.column() == Test ? QVariant(text(finding, row, Test) + QStringLiteral(", ") + wordOf(gui::stateOf(finding.verdict))) : QVariant(text(finding, row, index.column()));
    case Qt::TextAlignmentRole: return QVariant::fromValue<int>(Qt::AlignVCenter | (index.column() == Test ? Qt::AlignLeft : Qt::AlignRight));
    case Qt::ToolTipRole: return plainTip(QStringLiteral("%1: %2").arg(shown(finding.check), shown(finding.limit)));
    case StateRole: return QVariant::fromValue<int>(static_cast<int>(gui::stateOf(finding.verdict)));
    case MarginRole: return finding.margin ? QVariant(*finding.margin) : QVariant();
    default: return {};
    }
}

QVariant FindingsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue<int>(Qt::AlignVCenter | (section == Test ? Qt::AlignLeft : section == Margin ? Qt::AlignHCenter : Qt::AlignRight));
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Test: return QStringLiteral("Test");
    case Measured: return QStringLiteral("Measured");
    case Limit: return QStringLiteral("Limit");
    case Margin: return QStringLiteral("Margin");
    default: return {};
    }
}

} // namespace seatrial::gui
