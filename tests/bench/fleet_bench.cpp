// SPDX-License-Identifier: GPL-3.0-or-later
// How long the rack map takes for one picture when 10,000 nodes stand in about 300 racks: zoom, pan, filter, select and
// hover, as the thread's own work. Prints median and longest of each in milliseconds, beside the same for 1,024 nodes.
#include "gui/fleet/fleet_view.h"
#include "gui/theme/theme_controller.h"

#include <QApplication>
#include <QScrollBar>
#include <QTest>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <vector>

using namespace seatrial;
using namespace seatrial::gui;

namespace {

double threadMilliseconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

FleetSnapshot fleetOf(int nodes)
{
    constexpr int perRack = 32;
    auto fleet = std::make_shared<FleetViewData>();
    fleet->title = QStringLiteral("bench");
    for (int n = 0; n < nodes; ++n) {
        if (n % perRack == 0) {
            RackView& rack = fleet->racks.emplace_back();
            rack.name = QStringLiteral("R%1").arg(fleet->racks.size(), 3, 10, QLatin1Char('0'));
            rack.row = QStringLiteral("Row %1").arg(fleet->racks.size() / 24 + 1);
            rack.height = 42;
        }
        NodeView node;
        node.id = QStringLiteral("%1-n%2").arg(fleet->racks.back().name.toLower()).arg(n % perRack + 1, 2, 10, QLatin1Char('0'));
        node.name = node.id.section(QLatin1Char('-'), 1);
        node.address = QStringLiteral("10.%1.%2.%3").arg(n / 65536).arg(n / 256 % 256).arg(n % 256);
        node.unit = n % perRack + 1;
        node.state = n % 97 == 0 ? State::Failed : n % 41 == 0 ? State::Marginal : n % 67 == 0 ? State::Unreachable : State::Qualified;
        node.value = QStringLiteral("%1 GB/s").arg(380 + n % 17);
        node.reason = node.state == State::Qualified ? QString() : QStringLiteral("3.71 GB/s triad");
        for (int i = 0; i < 8; ++i)
            node.marks.push_back({i == n % 31 ? State::Marginal : State::Qualified, QStringLiteral("step")});
        for (int i = 0; i < 4; ++i)
            node.links.push_back({State::Qualified, QStringLiteral("link")});
        fleet->racks.back().nodes.push_back(std::move(node));
    }
    fleet->recount();
    return fleet;
}

void measure(const char* what, int nodes, FleetView& view, int times, const std::function<void(int)>& change)
{
    std::vector<double> took;
    for (int i = 0; i < times; ++i) {
        const double before = threadMilliseconds();
        change(i);
        view.viewport()->repaint();
        took.push_back(threadMilliseconds() - before);
    }
    std::ranges::sort(took);
    const auto over = std::ranges::count_if(took, [](double each) { return each > 16; });
    std::printf("%-28s %6d %9.2f ms %9.2f ms %6td of %d over 16 ms\n", what, nodes, took[took.size() / 2], took.back(), over, times);
}

void bench(int nodes)
{
    FleetView view;
    view.resize(1900, 1000);
    view.show();
    (void)QTest::qWaitForWindowExposed(&view);
    const FleetSnapshot fleet = fleetOf(nodes);
    const FleetSnapshot other = fleetOf(nodes);
    measure("new data", nodes, view, 8, [&](int i) { view.setSnapshot(i % 2 ? fleet : other); });
    measure("pan sideways", nodes, view, 20, [&](int i) { view.horizontalScrollBar()->setValue(i * 37); });
    measure("zoom, racks in sight", nodes, view, 12, [&](int i) { view.setPixelsPerUnit(4 + i % 30); });
    view.setPixelsPerUnit(3);
    measure("pan, smallest racks", nodes, view, 20, [&](int i) { view.verticalScrollBar()->setValue(i * 23); });
    const QStringList filters = {QStringLiteral("rack==R002 and verdict!=qualified"), QStringLiteral("triad"), QStringLiteral("node in r[001-300]-n[01-08] or state==unreachable"), QString()};
    measure("filter, smallest racks", nodes, view, 12, [&](int i) {
        view.setFilter(NodeFilter({}, filters[i % filters.size()]));
        (void)view.matchCount(); // as the page says it
    });
    QSet<QString> all;
    for (const RackView& rack : fleet->racks) {
        for (const NodeView& node : rack.nodes)
            all << node.id;
    }
    measure("select all and none", nodes, view, 12, [&](int i) { view.setSelection(i % 2 ? all : QSet<QString>()); });
    view.fit();
    measure("select one, then the next", nodes, view, 12, [&](int i) {
        const auto& rack = fleet->racks[static_cast<std::size_t>(i) % fleet->racks.size()];
        view.setSelection({rack.nodes[static_cast<std::size_t>(i) % rack.nodes.size()].id});
    });
    measure("next problem", nodes, view, 12, [&](int) { view.goToProblem(+1); });
    view.setLevel(FleetLevel::Hall);
    measure("hall", nodes, view, 8, [&](int i) { view.setSnapshot(i % 2 ? fleet : other); });
    measure("hall, filter", nodes, view, 12, [&](int i) {
        view.setFilter(NodeFilter({}, filters[i % filters.size()]));
        (void)view.matchCount(); // as the page says it
    });
}

} // namespace

int main(int argc, char** argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    ThemeController themes;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::printf("%-28s %6s %12s %12s\n", "what", "nodes", "median", "longest");
    bench(1024);
    bench(10'000);
    return 0;
}
