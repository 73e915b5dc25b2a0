// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/print.h"
#include "cli/terminal.h"

#include "core/domain/fleet_index.h"
#include "core/domain/node_set.h"

#include <atomic>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <thread>

namespace seatrial::cli {

namespace {

/// What cleaning one node came to.
struct Cleaned {
    domain::NodeId node;
    domain::Result<std::vector<std::string>> removed;
};

domain::Result<std::vector<std::string>> cleanNode(campaign::LinkFactory &links, campaign::Deployer &deployer, campaign::Questions &questions,
                                                   const domain::Node &node, const std::atomic<bool> &cancelled)
{
    const auto link = links.link(node);
    if (auto connected = link->connect(questions, cancelled); !connected)
        return std::unexpected(std::move(connected.error()));
    auto removed = deployer.clean(*link, cancelled);
    link->close();
    return removed;
}

} // namespace

int cleanCommand(const Tools &tools, const RunOptions &options)
{
    auto fleet = fleetFrom(options);
    if (!fleet)
        return complain(fleet.error());
    auto selected = chosenNodes(*fleet, options.nodes);
    if (!selected)
        return complain(selected.error());
    const std::vector<domain::NodeId> chosen = std::move(*selected);
    auto engine = tools.installation.engine();
    if (!engine)
        return complain(engine.error());
    auto deployer = tools.deployer(*engine);
    if (!deployer)
        return complain(deployer.error());

    const domain::FleetIndex index(*fleet);
    const auto links = tools.links();
    TerminalQuestions questions(options.acceptNewHostKeys);
    const std::atomic<bool> cancelled = false;
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::vector<Cleaned> all;
    const auto work = [&] {
        for (std::size_t i = next++; i < chosen.size(); i = next++) {
            auto removed = cleanNode(*links, **deployer, questions, *index.find(chosen[i]), cancelled);
            const std::scoped_lock lock(mutex);
            all.push_back({chosen[i], std::move(removed)});
        }
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min<std::size_t>(chosen.size(), static_cast<std::size_t>(std::max(1, options.fanOut))); ++i)
        threads.emplace_back(work);
    for (auto &thread : threads)
        thread.join();

    std::map<std::string, std::vector<domain::NodeId>> said;
    int failed = 0;
    for (const auto &entry : all) {
        std::string text;
        if (!entry.removed) {
            ++failed;
            text = "not cleaned: " + domain::sentence(entry.removed.error());
        } else if (entry.removed->empty()) {
            text = "nothing was there";
        } else {
            for (const auto &line : *entry.removed)
                text += (text.empty() ? "" : "; ") + line;
        }
        said[text].push_back(entry.node);
    }
    for (const auto &[text, nodes] : said)
        print(stdout, "{}: {}\n", domain::foldNodeSet(nodes), report::printable(text));
    questions.adviseOnRefused();
    return failed ? SomeNotReached : 0;
}

} // namespace seatrial::cli
