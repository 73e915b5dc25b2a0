// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/protocol/codec.h"
#include "core/protocol/stream_reader.h"
#include "core/protocol/version.h"

#include <QProcess>
#include <QTemporaryDir>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace seatrial::tests {

/// The records of a run as a desktop gathers them over any number of attaches.
struct Gathered {
    std::map<std::uint64_t, protocol::Record> records;
    int doubles = 0;   ///< records that came more than once, or out of order
    int malformed = 0; ///< lines that were no records, torn ends not counted

    std::uint64_t next() const { return records.empty() ? 1 : records.rbegin()->first + 1; }
    bool hasGap() const { return !records.empty() && records.rbegin()->first != records.size(); }
    template<typename Kind>
    std::vector<Kind> all() const
    {
        std::vector<Kind> found;
        for (const auto &[sequence, record] : records) {
            if (const auto *kind = std::get_if<Kind>(&record.body))
                found.push_back(*kind);
        }
        return found;
    }
    std::vector<protocol::Event> events(const std::string &code) const;
    protocol::StepFinished finished(const std::string &step) const;
    protocol::Goodbye goodbye() const;
    /// Process numbers that checks of the test engine have told.
    std::vector<int> processes() const;
};

/// One `attach` process.
class Attached
{
public:
    Attached(const QString &folder, Gathered &gathered, const QStringList &arguments = {});
    ~Attached();

    void say(const protocol::Control &control);
    void say(const std::vector<protocol::Control> &controls);
    /// Reads until @p enough says so. False after @p seconds.
    bool readUntil(const std::function<bool()> &enough, double seconds = 15);
    /// Reads at most @p bytes, then ends the process by SIGKILL. False if the run ended before.
    bool cutAfter(qint64 bytes);
    /// Reads to the end and returns the exit code.
    int toTheEnd(double seconds = 20);
    void leave();
    std::string errors();
    QProcess &process() { return m_process; }

private:
    void take(const QByteArray &bytes);

    QProcess m_process;
    Gathered &m_gathered;
    protocol::StreamReader m_reader;
    bool m_first = true;
};

/// A run in a folder of its own.
class EngineRun
{
public:
    EngineRun();
    ~EngineRun();

    QString base() const { return m_folder.path(); }
    QString folder(const QString &name = "one") const { return m_folder.path() + "/runs/" + name; }
    protocol::Open open(double leaseSeconds = 60, double graceSeconds = 0.3) const;
    int supervisor(const QString &name = "one") const; ///< process number, 0 if none is written down

private:
    QTemporaryDir m_folder;
};

protocol::StartStep step(const std::string &name, const std::string &check, protocol::Parameters parameters = {},
                         double deadlineSeconds = 20);
bool isAlive(int process);
/// Within @p seconds none of @p processes is alive.
bool allDead(const std::vector<int> &processes, double seconds = 3);

} // namespace seatrial::tests
