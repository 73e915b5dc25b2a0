// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/let_go.h"

#include <QTest>

using namespace seatrial;
using campaign::NodePhase;

class TestCliLetGo : public QObject
{
    Q_OBJECT

private slots:
    void saysWhoGoesOn_data()
    {
        QTest::addColumn<QStringList>("events"); // "node code"
        QTest::addColumn<QString>("says");
        const QString again = ": they work only while somebody is attached. A step that was in work there is measured again.";
        QTest::newRow("all") << QStringList() << "Run r1 goes on on its nodes.";
        QTest::newRow("not one of them") << QStringList{"n2 supervisor.attached"} << "Run r1 goes on on its nodes, but not on n2" + again;
        QTest::newRow("none") << QStringList{"n1 supervisor.attached", "n2 supervisor.attached", "n2 supervisor.let_go"} << "Run r1 stands still on n[1-2]" + again;
        QTest::newRow("who is through does not count") << QStringList{"n3 supervisor.attached"} << "Run r1 goes on on its nodes.";
        QTest::newRow("detached since") << QStringList{"n1 supervisor.attached", "n1 supervisor.restarted"} << "Run r1 goes on on its nodes.";
    }
    void saysWhoGoesOn()
    {
        QFETCH(QStringList, events);
        QFETCH(QString, says);
        auto data = std::make_shared<domain::RunData>();
        data->info.id = domain::RunId("r1");
        for (const auto &event : events) {
            domain::NodeEvent one;
            one.node = domain::NodeId(event.section(' ', 0, 0).toStdString());
            one.event.code = event.section(' ', 1).toStdString();
            data->events.push_back(one);
        }
        campaign::Snapshot last;
        last.data = data;
        for (const auto &[name, phase] : {std::pair("n1", NodePhase::Working), std::pair("n2", NodePhase::Attached), std::pair("n3", NodePhase::Done)}) {
            last.nodes.emplace_back();
            last.nodes.back().node = domain::NodeId(name);
            last.nodes.back().phase = phase;
        }
        QCOMPARE(QString::fromStdString(cli::letGoText(last, "s.db")), says + " Pick it up with: seatrialctl continue --store s.db --run r1\n");
    }
};

QTEST_APPLESS_MAIN(TestCliLetGo)
#include "tst_cli_let_go.moc"
