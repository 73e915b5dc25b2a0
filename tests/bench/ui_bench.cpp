// SPDX-License-Identifier: GPL-3.0-or-later
// How long the window's thread is held while a run pours records: a real campaign over nodes in memory, a real store,
// the real window. Prints the rate reached and the longest time between two looks at the event queue.
#include "gui/app/workbench.h"
#include "gui/pages/run/plan_column.h"
#include "gui/pages/run/run_page.h"
#include "gui/theme/theme_controller.h"
#include "tests/gui/support/fake_world.h"

#include <QAbstractEventDispatcher>
#include <QApplication>
#include <QElapsedTimer>
#include <QStandardPaths>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

using namespace seatrial;
using namespace seatrial::gui;

namespace {

struct Hold {
    double wall = 0; // milliseconds until the next event could be handled
    double work = 0; // of these, the thread's own work; the rest went to other threads of this machine
    QByteArray what;
};

double threadMilliseconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// Times every event: while one is handled, nothing else can be.
class TimedApplication : public QApplication {
public:
    using QApplication::QApplication;

    bool notify(QObject* receiver, QEvent* event) override
    {
        if (m_depth > 0)
            return QApplication::notify(receiver, event);
        ++m_depth;
        const QByteArray what = QByteArray(receiver->metaObject()->className()) + " event " + QByteArray::number(event->type());
        const double before = threadMilliseconds();
        QElapsedTimer timer;
        timer.start();
        const bool handled = QApplication::notify(receiver, event);
        m_holds.push_back({static_cast<double>(timer.nsecsElapsed()) / 1e6, threadMilliseconds() - before, what});
        --m_depth;
        return handled;
    }
    std::vector<Hold> takeHolds() { return std::exchange(m_holds, {}); }

private:
    int m_depth = 0;
    std::vector<Hold> m_holds;
};

std::string planOf(int steps)
{
    std::string yaml = "version: 1\nname: pour\ntitle: Pour\ndescription: Many short steps\nsteps:\n";
    for (int i = 1; i <= steps; ++i)
        yaml += "  - { id: memory" + std::to_string(i) + ", check: host.memory, title: Memory " + std::to_string(i) + ", retests: 0, deadline: 10, expected: 1 }\n";
    return yaml;
}

void waitFor(const std::function<bool()>& done)
{
    while (!done())
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::AllEvents, 20);
}

void pour(TimedApplication& app, ThemeController& themes, const char* page, int racks, int steps)
{
    test::FakeWorld world;
    world.addNodes(racks, 16);
    world.usePlan(planOf(steps));
    Workbench window(world.tools(), themes);
    window.show();
    window.openInventory(world.inventory());
    waitFor([&] { return window.session().fleet() && window.runPage().canStart(); });
    window.showPage(QString::fromLatin1(page));
    for (int i = 0; i < 20; ++i)
        QCoreApplication::processEvents();
    app.takeHolds();
    QElapsedTimer wall;
    wall.start();
    window.runPage().start();
    waitFor([&] { return window.session().snapshot() && window.session().snapshot()->finished && !window.session().isLive(); });
    const double seconds = wall.elapsed() / 1000.0;
    const std::vector<Hold> holds = app.takeHolds();
    const auto records = window.session().snapshot()->data->results.size() * 3; // begun, measured, ended
    const auto over = std::ranges::count_if(holds, [](const Hold& hold) { return hold.work > 16; });
    const Hold longest = *std::ranges::max_element(holds, {}, &Hold::wall);
    const Hold work = *std::ranges::max_element(holds, {}, &Hold::work);
    std::printf("%-6s %6d %9zu %8.0f/s %9.2f ms %9.2f ms %6td of %-6zu %s\n", page, racks * 16, records, records / seconds, longest.wall, work.work, over, holds.size(), work.what.constData());
}

} // namespace

int main(int argc, char** argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QStandardPaths::setTestModeEnabled(true);
    TimedApplication app(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("seatrial-bench"));
    ThemeController themes;
    std::printf("%-6s %6s %9s %10s %12s %12s %16s %s\n", "page", "nodes", "records", "rate", "held", "own work", "work over 16 ms", "longest work in");
    for (const char* page : {"fleet", "run"}) {
        pour(app, themes, page, 4, 200);
        pour(app, themes, page, 16, 60);
    }
    return 0;
}
