// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/lab.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <set>

using namespace seatrial::tests;

namespace {

/// What must stand in the sentences about a node with such a fault, besides the part.
const QMap<QString, QString> kWords{{"slow-hbm", "GB/s"},         {"half-width-pcie", "lanes"},  {"dead-nvlink", "nvlink"},   {"throttles", "slowdown"},
                                    {"slow-rail", "GB/s"},        {"ecc-storm", "ecc"},          {"xid79", "Xid 79"},         {"wrong-arithmetic", "arithmetic"},
                                    {"wrong-memory", "miscompare"}, {"hung-rank", "hung"},       {"slow-node", "%"}};

QJsonArray reasonsOf(const Verdicts &verdicts, const QString &node)
{
    for (const auto &value : QJsonDocument::fromJson(verdicts.json()).object()["nodes"].toArray()) {
        if (value.toObject()["node"] == node)
            return value.toObject()["reasons"].toArray();
    }
    return {};
}

} // namespace

/// GPU nodes that are simulated, behind real sshd: exactly those with a planted fault are accused, each by its part, its
/// limit, where that comes from and what to do; whatever is shown of them says that they are simulated.
class TestSimulatedFleet : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
    }

    void plantedFaultsAreNamedByPart()
    {
        struct Planted {
            QString kind;
            QString gpu;
        };
        const QMap<QString, Planted> planted{{"n03", {"slow-hbm", "2"}},   {"n05", {"half-width-pcie", "5"}}, {"n07", {"dead-nvlink", "1"}},
                                             {"n09", {"throttles", "6"}}, {"n11", {"wrong-arithmetic", "0"}}, {"n13", {"xid79", "3"}}};
        QStringList options;
        for (const auto &[node, fault] : planted.asKeyValueRange())
            options += {"--simulate-fault", fault.kind + "@gpu/" + fault.gpu + ":" + node};
        Lab lab;
        const QString failed = lab.upSimulated("h100x8", 16, 4, options);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const QString store = lab.path("s.db");
        const Ended run = runProgram("seatrialctl", {"run", "--inventory", lab.inventory(), "--plan", "standard", "--store", store}, 300);
        QVERIFY2(run.exitCode == 1, run.errors.constData());
        const Verdicts verdicts(store);
        for (int i = 1; i <= 16; ++i) {
            const QString node = QString("n%1").arg(i, 2, 10, QChar('0'));
            const QString shown = node + ": " + verdicts.of(node) + '\n' + verdicts.sentences(node);
            if (!planted.contains(node)) {
                QVERIFY2(verdicts.of(node) == "qualified" && reasonsOf(verdicts, node).isEmpty(), qPrintable(shown));
                continue;
            }
            const Planted fault = planted[node];
            QVERIFY2(verdicts.of(node) == "failed" || (fault.kind == "slow-hbm" && verdicts.of(node) == "marginal"), qPrintable(shown));
            QVERIFY2(verdicts.sentences(node).contains(QString("GPU %1 (NVIDIA H100 80GB HBM3, serial 16").arg(fault.gpu)), qPrintable(shown));
            QVERIFY2(verdicts.sentences(node).contains(kWords[fault.kind], Qt::CaseInsensitive), qPrintable(shown));
            const auto first = reasonsOf(verdicts, node).first().toObject();
            QVERIFY2(!first["source"].toString().isEmpty() && !first["advice"].toString().isEmpty(), qPrintable(shown));
        }
        const Ended text = runProgram("seatrialctl", {"verdict", "--store", store, "--format", "text"}, 30);
        QVERIFY2(text.output.contains("simulated results: n[01-16]"), text.output.constData());
        const Ended runs = runProgram("seatrialctl", {"runs", "--store", store, "--format", "csv"}, 30);
        QVERIFY2(runs.output.trimmed().endsWith("yes"), runs.output.constData());
        const Ended results = runProgram("seatrialctl", {"results", "--store", store, "--node", "n01", "--format", "csv"}, 30);
        QVERIFY(results.output.contains("gemm_bf16") && !results.output.contains(",no\n"));
    }
};

QTEST_GUILESS_MAIN(TestSimulatedFleet)
#include "tst_simulated_fleet.moc"
