// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/run_tables.h"

#include "core/store/json_columns.h"
#include "core/store/phrase.h"
#include "core/store/plan_fleet_json.h"
#include "core/store/sql.h"
#include "core/store/words.h"

#include <charconv>

namespace seatrial::store {

namespace {

std::string nodesToJson(const std::vector<domain::NodeId> &nodes)
{
    std::vector<std::string> texts;
    for (const domain::NodeId &node : nodes)
        texts.push_back(node.text());
    return textsToJson(texts);
}

} // namespace

std::optional<std::int64_t> runNumber(const domain::RunId &run)
{
    std::int64_t number = 0;
    const char *end = run.text().data() + run.text().size();
    const auto [stop, error] = std::from_chars(run.text().data(), end, number);
    if (error != std::errc() || stop != end || number <= 0)
        return std::nullopt;
    return number;
}

domain::RunInfo insertRun(SQLite::Database &database, domain::RunInfo info)
{
    SQLite::Statement insert(database, "INSERT INTO runs (token, state, plan_name, fleet_name, operator, load_allowed_by, started, finished, "
                                       "plan, fleet, nodes, node_count) VALUES (hex(randomblob(16)), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const std::string state = stateText(info.state);
    const std::string plan = planToJson(info.plan);
    const std::string fleet = fleetToJson(info.fleet);
    const std::string nodes = nodesToJson(info.nodes);
    execute(insert, state, info.plan.name, info.fleet.name, info.operatorName, info.loadAllowedBy, info.startedWall, info.finishedWall, plan, fleet,
            nodes, info.nodes.size());

    // The number of the run tells runs of this store apart, the store's own digits those of other desktops.
    const std::int64_t id = database.getLastInsertRowid();
    const std::string store = database.execAndGet("SELECT substr(uuid, 1, 8) FROM store").getString();
    info.id = domain::RunId(std::to_string(id));
    info.token = phrase("r{}-{}", id, store);
    SQLite::Statement update(database, "UPDATE runs SET token = ? WHERE id = ?");
    execute(update, info.token, id);
    return info;
}

bool updateRunState(SQLite::Database &database, std::int64_t run, domain::RunState state, double finishedWall)
{
    SQLite::Statement update(database, "UPDATE runs SET state = ?, finished = ? WHERE id = ?");
    const std::string word = stateText(state);
    execute(update, word, finishedWall, run);
    return database.getChanges() == 1;
}

void insertFailure(SQLite::Database &database, NameWriter &names, std::int64_t run, const domain::NodeFailure &failure)
{
    SQLite::Statement insert(database, "INSERT INTO failures (run, node, wall, stage, kind, what, attempted, advice) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    const std::string stage = domain::stageText(failure.failure.stage);
    const std::string kind = domain::kindText(failure.failure.kind);
    execute(insert, run, names.id(failure.node.text()), failure.wallSeconds, stage, kind, failure.failure.what, failure.failure.attempted,
            failure.failure.advice);
}

bool hasRun(SQLite::Database &database, std::int64_t run)
{
    SQLite::Statement find(database, "SELECT 1 FROM runs WHERE id = ?");
    prepare(find, run);
    return find.executeStep();
}

} // namespace seatrial::store
