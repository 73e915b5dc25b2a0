// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/words.h"

#include "core/analysis/sentences.h"
#include "core/domain/node_set.h"
#include "core/report/table.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace seatrial::gui {

namespace {

constexpr double kLongestSeconds = 1e9; // 30 years
constexpr double kEndOfTime = 253'402'300'799.0;

} // namespace

QString shown(const std::string& text) { return QString::fromStdString(report::printable(text)); }

QString plainTip(const QString& text)
{
    return text.contains(QLatin1Char('<')) ? QStringLiteral("<qt>%1</qt>").arg(text.toHtmlEscaped()) : text;
}

QString durationText(double seconds)
{
    const auto whole = static_cast<long long>(std::llround(std::clamp(seconds, 0.0, kLongestSeconds)));
    if (whole < 90)
        return QStringLiteral("%1 s").arg(whole);
    if (whole < 600 && whole % 60 != 0)
        return QStringLiteral("%1 min %2 s").arg(whole / 60).arg(whole % 60);
    if (whole < 5400)
        return QStringLiteral("%1 min").arg((whole + 30) / 60);
    return QStringLiteral("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60, 2, 10, QLatin1Char('0'));
}

namespace {

// A node's clock may say anything; times are shown up to the year 9999.
QDateTime localTime(double wallSeconds) { return QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(std::min(wallSeconds, kEndOfTime) * 1000)); }

} // namespace

QString clockText(double wallSeconds) { return wallSeconds <= 0 ? QString() : localTime(wallSeconds).toString(QStringLiteral("HH:mm:ss")); }

QString dateText(double wallSeconds)
{
    return wallSeconds <= 0 ? QString() : QLocale::c().toString(localTime(wallSeconds), QStringLiteral("d MMM yyyy, HH:mm"));
}

QString dayText(double wallSeconds)
{
    return wallSeconds <= 0 ? QString() : QLocale::c().toString(localTime(wallSeconds), QStringLiteral("d MMM, HH:mm"));
}

QString bytesText(double bytes)
{
    if (bytes >= 1e9)
        return QStringLiteral("%1 GB").arg(bytes / 1e9, 0, 'f', bytes >= 1e10 ? 0 : 1);
    if (bytes >= 1e6)
        return QStringLiteral("%1 MB").arg(bytes / 1e6, 0, 'f', bytes >= 1e7 ? 0 : 1);
    return QStringLiteral("%1 kB").arg(std::ceil(bytes / 1e3), 0, 'f', 0);
}

QString valueText(double value, protocol::Unit unit)
{
    return shown(analysis::shownValue(value, unit, 4));
}

QString nodesText(int count) { return count == 1 ? QStringLiteral("1 node") : QStringLiteral("%1 nodes").arg(count); }

QString foldedNames(const std::vector<domain::NodeId>& nodes) { return shown(domain::foldNodeSet(nodes)); }

QString figureName(const domain::Finding& finding, const QString& node)
{
    const QString metric = shown(finding.metric).replace(QLatin1Char('_'), QLatin1Char(' '));
    QString subject = finding.subject == "node" ? QString() : shown(finding.subject);
    const QString arrow(QChar(0x2192));
    if (!node.isEmpty() && subject.startsWith(node + arrow))
        subject = QStringLiteral("→ ") + subject.mid(node.size() + 1);
    else if (!node.isEmpty() && subject.endsWith(arrow + node))
        subject = QStringLiteral("← ") + subject.chopped(node.size() + 1);
    if (metric.isEmpty())
        return subject;
    if (subject.startsWith(arrow) || subject.startsWith(QChar(0x2190)))
        return subject + QStringLiteral(", ") + metric; // rows of one metric differ in the partner
    return subject.isEmpty() ? metric : metric + QStringLiteral(", ") + subject;
}

namespace {

/// "GPU 3", "GPU 0→5", "mlx5_0": the part that a subject begins with; nothing for the node as a whole and for pairs of nodes.
QString partWords(const QString& subject)
{
    const QString number = subject.section(QLatin1Char('/'), 1, 1).section(QChar(0x2192), 0, 0);
    if (subject.startsWith(QLatin1String("nic/")))
        return number;
    if (subject.startsWith(QLatin1String("nvswitch/")))
        return QStringLiteral("NVSwitch ") + number;
    if (!subject.startsWith(QLatin1String("gpu/")))
        return {};
    const QString other = subject.section(QStringLiteral("\u2192gpu/"), 1).section(QLatin1Char('/'), 0, 0);
    return QStringLiteral("GPU ") + number + (other.isEmpty() ? QString() : QChar(0x2192) + other);
}

} // namespace

QString reasonWords(const domain::Finding& finding)
{
    // Told by the others of its group: it is not the figure that is missing.
    if (!finding.value && finding.judgement == domain::Judgement::State && finding.check == "host.collective")
        return finding.verdict == domain::Verdict::Failed ? QStringLiteral("hung in groups") : QStringLiteral("hung once in a group");
    if (!finding.value)
        return QStringLiteral("no\u00a0") + shown(finding.check).section(QLatin1Char('.'), -1);
    const QString part = partWords(shown(finding.subject));
    const QString metric = shown(finding.metric).replace(QLatin1Char('_'), QLatin1Char(' '));
    const QString figure = valueText(*finding.value, finding.unit) + QLatin1Char(' ') + metric; // the number first: a narrow row cuts the end
    return part.isEmpty() ? figure : part + QStringLiteral(" \u00b7 ") + figure;
}

QString judgementText(domain::Judgement judgement)
{
    switch (judgement) {
    case domain::Judgement::Ceiling: return QStringLiteral("against the device");
    case domain::Judgement::Fleet: return QStringLiteral("against the fleet");
    case domain::Judgement::Past: return QStringLiteral("against its own past");
    case domain::Judgement::State: return QStringLiteral("state");
    case domain::Judgement::Coverage: return QStringLiteral("coverage");
    }
    return {};
}

} // namespace seatrial::gui
