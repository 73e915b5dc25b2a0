// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/this_computer.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QStorageInfo>

namespace seatrial::gui {

namespace {

constexpr int patienceMilliseconds = 900;

QString sizeText(double bytes)
{
    return bytes >= 1e9 ? QStringLiteral("%1 GB").arg(bytes / 1e9, 0, 'f', 0) : QStringLiteral("%1 MB").arg(bytes / 1e6, 0, 'f', 1);
}

// Standard output of a short command; nothing if it did not end in time.
std::optional<std::pair<int, QString>> answerOf(const QString& program, const QStringList& arguments)
{
    QProcess process;
    process.start(program, arguments);
    process.closeWriteChannel();
    if (!process.waitForFinished(patienceMilliseconds)) {
        process.kill();
        process.waitForFinished(patienceMilliseconds);
        return std::nullopt;
    }
    return std::pair(process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()));
}

ComputerLine agentLine()
{
    ComputerLine line{QStringLiteral("SSH agent"), {}, ComputerLine::Mark::Neutral, {}};
    const QString socket = qEnvironmentVariable("SSH_AUTH_SOCK");
    line.detail = socket.isEmpty() ? QStringLiteral("SSH_AUTH_SOCK is not set") : socket;
    if (socket.isEmpty()) {
        line.value = QStringLiteral("none; key files are used");
        return line;
    }
    const auto answer = answerOf(QStringLiteral("ssh-add"), {QStringLiteral("-l")});
    if (!answer || answer->first == 2) {
        line.mark = ComputerLine::Mark::Bad;
        line.value = QStringLiteral("does not answer");
        return line;
    }
    const auto keys = answer->first == 0 ? answer->second.count(QLatin1Char('\n')) : 0;
    line.mark = keys > 0 ? ComputerLine::Mark::Good : ComputerLine::Mark::Neutral;
    line.value = keys == 1 ? QStringLiteral("1 key") : QStringLiteral("%1 keys").arg(keys);
    return line;
}

ComputerLine configLine()
{
    const QString path = QDir::homePath() + QStringLiteral("/.ssh/config");
    ComputerLine line{QStringLiteral("~/.ssh/config"), QStringLiteral("none, and none needed"), ComputerLine::Mark::Neutral, path};
    QFile file(path);
    if (!file.exists())
        return line;
    if (!file.open(QIODevice::ReadOnly)) {
        line.mark = ComputerLine::Mark::Bad;
        line.value = QStringLiteral("cannot be read: ") + file.errorString();
        return line;
    }
    int hosts = 0;
    while (!file.atEnd()) {
        const QByteArray words = file.readLine(4096).trimmed().toLower();
        hosts += words.startsWith("host ") || words.startsWith("host\t") ? 1 : 0;
    }
    line.mark = ComputerLine::Mark::Good;
    line.value = hosts == 1 ? QStringLiteral("1 host entry") : QStringLiteral("%1 host entries").arg(hosts);
    return line;
}

ComputerLine engineLine(const Tools& tools)
{
    ComputerLine line{QStringLiteral("Test engine"), {}, ComputerLine::Mark::Bad, {}};
    const auto engine = tools.engine();
    if (!engine) {
        line.value = QStringLiteral("missing");
        line.detail = QString::fromStdString(domain::sentence(engine.error()));
        return line;
    }
    line.detail = QString::fromStdString(engine->string());
    const auto version = answerOf(line.detail, {QStringLiteral("--version")});
    const QString size = sizeText(static_cast<double>(QFileInfo(line.detail).size()));
    if (!version || version->first != 0) {
        line.value = QStringLiteral("does not start");
        return line;
    }
    static const QRegularExpression number(QStringLiteral("[0-9]+[.][0-9.]+"));
    line.mark = ComputerLine::Mark::Good;
    line.value = number.match(version->second).captured() + QStringLiteral(", ") + size;
    return line;
}

ComputerLine diskLine(const Tools& tools)
{
    ComputerLine line{QStringLiteral("Disk for history"), {}, ComputerLine::Mark::Bad, QString::fromStdString(tools.defaultStore)};
    QDir folder = QFileInfo(line.detail).dir();
    while (!folder.exists() && !folder.isRoot()) // cdUp() does not go where nothing is
        folder.setPath(QFileInfo(folder.absolutePath()).path());
    const QStorageInfo disk(folder);
    if (!disk.isValid()) {
        line.value = QStringLiteral("not known");
        return line;
    }
    const bool enough = !disk.isReadOnly() && disk.bytesAvailable() > 1'000'000'000;
    line.mark = enough ? ComputerLine::Mark::Good : ComputerLine::Mark::Bad;
    line.value = (disk.isReadOnly() ? QStringLiteral("read-only, ") : QString()) + sizeText(static_cast<double>(disk.bytesAvailable())) + QStringLiteral(" free");
    return line;
}

} // namespace

QList<ComputerLine> lookAtThisComputer(const Tools& tools)
{
    return {agentLine(), configLine(), engineLine(tools), diskLine(tools)};
}

} // namespace seatrial::gui
