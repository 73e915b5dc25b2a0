// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/lab.h"

#include <QFile>
#include <QTest>

namespace seatrial::tests {

/// Short steps with short deadlines. The lab's `reboots` and `hangs` wait for the third worker of a run: "cpu" here.
inline constexpr const char *kFaultPlan = R"(version: 1
name: faults
title: Faults
description: Short steps with short deadlines
steps:
  - { id: before, check: host.health, title: Health before, deadline: 20, expected: 1, retests: 0, parameters: { phase: before } }
  - { id: disk, check: host.disk, title: Disk, exclusive: true, deadline: 30, expected: 1, retests: 1, parameters: { bytes: 16777216, seconds: 0.5, sync_writes: 10 } }
  - { id: cpu, check: host.cpu, title: CPU, exclusive: true, deadline: 8, expected: 1.2, retests: 1, parameters: { seconds: 1 } }
  - { id: after, check: host.health, title: Health after, deadline: 20, expected: 1, retests: 0, parameters: { phase: after } }
)";

/// Something to be disturbed in: one step of @p seconds between two looks at the node's health.
inline QString longPlan(int seconds)
{
    return QString(R"(version: 1
name: long
title: Long
description: Long enough to be disturbed
steps:
  - { id: before, check: host.health, title: Health before, deadline: 20, expected: 1, retests: 0, parameters: { phase: before } }
  - { id: cpu, check: host.cpu, title: CPU, deadline: %1, expected: %2, retests: 1, parameters: { seconds: %2 } }
  - { id: after, check: host.health, title: Health after, deadline: 20, expected: 1, retests: 0, parameters: { phase: after } }
)").arg(seconds + 20).arg(seconds);
}

inline QString written(const QString &path, const QString &text)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(text.toUtf8()) == text.toUtf8().size() ? path : QString();
}

/// The last run of @p store judged @p node so, and its reasons have these words; @p said is what the run said, for who looks why not.
inline void expectVerdict(const QString &store, const char *node, const char *verdict, const QStringList &words, const QByteArray &said)
{
    const Verdicts verdicts(store);
    const QString reasons = verdicts.sentences(node);
    QVERIFY2(verdicts.of(node) == verdict, qPrintable(node + QString(" is ") + verdicts.of(node) + "\n" + reasons + "\n" + said));
    for (const auto &word : words)
        QVERIFY2(reasons.contains(word), qPrintable(word + " is not in: " + reasons));
}

} // namespace seatrial::tests
