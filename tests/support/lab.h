// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <QTemporaryDir>

namespace seatrial::tests {

/// A lab of real nodes for the life of a test: tests/lab/lab up and down.
class Lab
{
public:
    Lab() = default;
    ~Lab();

    /// Brings up @p nodes in @p racks with faults like "dead:n03". Empty if it worked, else what went wrong.
    QString up(int nodes, int racks, const QStringList &faults = {});
    /// As up(), of nodes whose GPUs are simulated; @p options are those of the lab: "--simulate-fault", "slow-hbm@gpu/2:n03".
    QString upSimulated(const QString &profile, int nodes, int racks, const QStringList &options);
    void down();
    /// tests/lab/lab WORDS --dir D …; its output.
    QString call(const QStringList &words, int *exitCode = nullptr);

    QString said() const { return m_said; } ///< by the last `up`
    QString inventory() const { return m_folder.filePath("lab/inventory.yaml"); }
    QString path(const QString &name) const { return m_folder.filePath(name); }

    /// Why no lab can be had here (not root, no sshd, no ip, no namespaces), or empty.
    static QString missing();

private:
    QString upWith(int nodes, int racks, const QStringList &options);

    QTemporaryDir m_folder;
    QString m_said;
    bool m_up = false;
};

/// What a run came to, as `seatrialctl verdict --format json` tells it.
class Verdicts
{
public:
    /// The last run in @p store.
    explicit Verdicts(const QString &store);
    QString of(const QString &node) const;       ///< "failed"; empty if there is no such node
    QString sentences(const QString &node) const; ///< the texts of its reasons, one a line
    QByteArray json() const { return m_json; }

private:
    QByteArray m_json;
};

/// A program of this build run to its end.
struct Ended {
    int exitCode = -1;
    QByteArray output;
    QByteArray errors;
    double seconds = 0;
};
Ended runProgram(const QString &name, const QStringList &arguments, int timeoutSeconds);
QString programPath(const QString &name);

} // namespace seatrial::tests
