// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/supervise/engine_run.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTest>

#include <csignal>

namespace seatrial::tests {

using namespace protocol;

std::vector<Event> Gathered::events(const std::string &code) const
{
    std::vector<Event> found;
    for (const Event &event : all<Event>()) {
        if (event.code == code)
            found.push_back(event);
    }
    return found;
}

StepFinished Gathered::finished(const std::string &step) const
{
    std::vector<StepFinished> found;
    for (const StepFinished &finished : all<StepFinished>()) {
        if (finished.step == step)
            found.push_back(finished);
    }
    return found.size() == 1 ? found.front() : StepFinished{step, "?", StepStatus::Error, Waiver::None,
                                                            "finished " + std::to_string(found.size()) + " times", -1};
}

Goodbye Gathered::goodbye() const
{
    const auto found = all<Goodbye>();
    return found.size() == 1 ? found.front() : Goodbye{Outcome::Broken, "said " + std::to_string(found.size()) + " times"};
}

std::vector<int> Gathered::processes() const
{
    std::vector<int> found;
    for (const Event &event : events("test.process"))
        found.push_back(std::stoi(event.parameters.at("pid")));
    return found;
}

Attached::Attached(const QString &folder, Gathered &gathered, const QStringList &arguments)
    : m_gathered(gathered)
{
    QStringList all = {"attach", "--dir", folder, "--from", QString::number(gathered.next())};
    if (!arguments.isEmpty())
        all = arguments;
    m_process.start(QStringLiteral(TEST_ENGINE), all);
    m_process.waitForStarted();
}

Attached::~Attached()
{
    m_process.kill();
    m_process.waitForFinished();
}

void Attached::say(const Control &control)
{
    m_process.write(QByteArray::fromStdString(encode(control)));
    m_process.waitForBytesWritten(1000);
}

void Attached::say(const std::vector<Control> &controls)
{
    for (const Control &control : controls)
        say(control);
}

void Attached::take(const QByteArray &bytes)
{
    for (StreamLine &line : m_reader.feed({bytes.data(), std::size_t(bytes.size())})) {
        auto *record = std::get_if<Record>(&line.content);
        if (!record) {
            ++m_gathered.malformed;
            qWarning("malformed: %s", line.raw.substr(0, 200).c_str());
            continue;
        }
        if (record->stamp.sequence < m_gathered.next())
            ++m_gathered.doubles;
        m_gathered.records.emplace(record->stamp.sequence, std::move(*record));
    }
}

bool Attached::readUntil(const std::function<bool()> &enough, double seconds)
{
    QElapsedTimer timer;
    timer.start();
    while (!enough()) {
        if (timer.elapsed() > seconds * 1000)
            return false;
        if (!m_process.waitForReadyRead(20) && m_process.state() == QProcess::NotRunning && !m_process.bytesAvailable())
            return enough();
        take(m_process.readAllStandardOutput());
    }
    return true;
}

bool Attached::cutAfter(qint64 bytes)
{
    qint64 taken = 0;
    while (taken < bytes) {
        if (!m_process.bytesAvailable() && !m_process.waitForReadyRead(5000))
            return false;
        const QByteArray block = m_process.read(bytes - taken);
        taken += block.size();
        take(block);
    }
    m_process.kill();
    m_process.waitForFinished();
    return true;
}

int Attached::toTheEnd(double seconds)
{
    readUntil([] { return false; }, m_process.state() == QProcess::NotRunning ? 0 : 0.02);
    QElapsedTimer timer;
    timer.start();
    while (m_process.state() != QProcess::NotRunning && timer.elapsed() < seconds * 1000) {
        m_process.waitForReadyRead(20);
        take(m_process.readAllStandardOutput());
    }
    m_process.waitForFinished(100);
    take(m_process.readAllStandardOutput());
    return m_process.state() == QProcess::NotRunning && m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode()
                                                                                                       : -1;
}

void Attached::leave()
{
    m_process.closeWriteChannel();
    m_process.waitForFinished(5000);
    take(m_process.readAllStandardOutput());
}

std::string Attached::errors()
{
    return m_process.readAllStandardError().toStdString();
}

EngineRun::EngineRun()
{
    if (!m_folder.isValid())
        qFatal("no temporary folder: %s", qPrintable(m_folder.errorString()));
}

EngineRun::~EngineRun()
{
    for (const QString &name : QDir(m_folder.path() + "/runs").entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const int process = supervisor(name);
        if (process > 0 && isAlive(process))
            ::kill(process, SIGTERM);
    }
    QProcess::execute(QStringLiteral(TEST_ENGINE), {"quit", "--base", m_folder.path()});
}

Open EngineRun::open(double leaseSeconds, double graceSeconds) const
{
    return {kProtocolVersion, "test run", "n01", leaseSeconds, graceSeconds, false, ""};
}

int EngineRun::supervisor(const QString &name) const
{
    QFile file(folder(name) + "/lock");
    return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed().toInt() : 0;
}

StartStep step(const std::string &name, const std::string &check, Parameters parameters, double deadlineSeconds)
{
    return {name, check, std::move(parameters), deadlineSeconds};
}

bool isAlive(int process)
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(process));
    if (!file.open(QIODevice::ReadOnly))
        return false;
    const QByteArray stat = file.readAll();
    if (stat.isEmpty())
        return false; // it went while it was read
    const char state = stat.mid(stat.lastIndexOf(')') + 2, 1).at(0);
    return state != 'Z' && state != 'X';
}

bool allDead(const std::vector<int> &processes, double seconds)
{
    return QTest::qWaitFor([&] { return std::ranges::none_of(processes, isAlive); }, int(seconds * 1000));
}

} // namespace seatrial::tests
