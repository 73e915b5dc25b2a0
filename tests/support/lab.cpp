// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/lab.h"

#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStandardPaths>
#include <unistd.h>

namespace seatrial::tests {

Lab::~Lab()
{
    down();
}

QString Lab::missing()
{
    if (geteuid() != 0)
        return "the lab needs root for its network namespaces";
    for (const char *tool : {"ip", "tc", "unshare"}) {
        if (QStandardPaths::findExecutable(tool).isEmpty() && !QFile::exists(QString("/usr/sbin/%1").arg(tool)))
            return QString("%1 is missing").arg(tool);
    }
    if (!QFile::exists("/usr/sbin/sshd"))
        return "/usr/sbin/sshd is missing";
    // Root of a container may be forbidden to.
    QProcess attempt;
    attempt.start("unshare", {"--net", "--mount", "--pid", "--uts", "--fork", "true"});
    if (attempt.waitForFinished(10'000) && attempt.exitStatus() == QProcess::NormalExit && attempt.exitCode() == 0)
        return {};
    return "namespaces cannot be made here: " + QString::fromUtf8(attempt.readAllStandardError()).trimmed();
}

QString Lab::call(const QStringList &words, int *exitCode)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(QString(SEATRIAL_SOURCE_DIR) + "/tests/lab/lab", words);
    process.waitForFinished(300'000);
    if (exitCode)
        *exitCode = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    return process.readAll();
}

QString Lab::up(int nodes, int racks, const QStringList &faults)
{
    QStringList options;
    for (const auto &fault : faults)
        options << "--fault" << fault;
    return upWith(nodes, racks, options);
}

QString Lab::upSimulated(const QString &profile, int nodes, int racks, const QStringList &options)
{
    return upWith(nodes, racks, QStringList{"--simulate", profile} + options);
}

QString Lab::upWith(int nodes, int racks, const QStringList &options)
{
    int code = -1;
    m_up = true;
    m_said = call(QStringList{"up", "--nodes", QString::number(nodes), "--racks", QString::number(racks), "--dir", m_folder.filePath("lab")} + options, &code);
    return code == 0 ? QString() : m_said;
}

void Lab::down()
{
    if (m_up)
        call({"down", "--dir", m_folder.filePath("lab")});
    m_up = false;
}

Verdicts::Verdicts(const QString &store)
    : m_json(runProgram("seatrialctl", {"verdict", "--store", store, "--format", "json"}, 30).output)
{
}

static QJsonObject nodeIn(const QByteArray &json, const QString &name)
{
    for (const auto &value : QJsonDocument::fromJson(json).object()["nodes"].toArray()) {
        if (value.toObject()["node"].toString() == name)
            return value.toObject();
    }
    return {};
}

QString Verdicts::of(const QString &node) const
{
    return nodeIn(m_json, node)["verdict"].toString();
}

QString Verdicts::sentences(const QString &node) const
{
    QStringList texts;
    for (const auto &reason : nodeIn(m_json, node)["reasons"].toArray())
        texts << reason.toObject()["text"].toString();
    return texts.join('\n');
}

QString programPath(const QString &name)
{
    return QString(SEATRIAL_BINARY_DIR) + "/bin/" + name;
}

Ended runProgram(const QString &name, const QStringList &arguments, int timeoutSeconds)
{
    QElapsedTimer timer;
    timer.start();
    QProcess process;
    process.start(programPath(name), arguments);
    process.closeWriteChannel();
    Ended ended;
    if (!process.waitForFinished(timeoutSeconds * 1000))
        process.kill();
    process.waitForFinished(5000);
    ended.exitCode = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    ended.output = process.readAllStandardOutput();
    ended.errors = process.readAllStandardError();
    ended.seconds = timer.elapsed() / 1000.0;
    return ended;
}

} // namespace seatrial::tests
