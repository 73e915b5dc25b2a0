// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/verdict_tables.h"

#include "core/store/json_columns.h"
#include "core/store/sql.h"
#include "core/store/words.h"

namespace seatrial::store {

namespace {

class FindingRows
{
public:
    FindingRows(SQLite::Database &database, NameWriter &names, std::int64_t run)
        : m_names(names), m_run(run), m_insert(database, "INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    {
    }

    void insert(std::int64_t node, bool reasons, const std::vector<domain::Finding> &findings)
    {
        std::int64_t number = 0;
        for (const domain::Finding &finding : findings) {
            const std::string verdict = domain::verdictText(finding.verdict);
            const std::string judgement = judgementText(finding.judgement);
            const std::string unit(protocol::unitText(finding.unit));
            execute(m_insert, m_run, node, reasons, number++, verdict, judgement, m_names.id(finding.check), m_names.id(finding.metric),
                    m_names.id(finding.subject), finding.value, unit, finding.limit, finding.limitValue, finding.margin, finding.source, finding.text,
                    finding.advice);
        }
    }

private:
    NameWriter &m_names;
    std::int64_t m_run;
    SQLite::Statement m_insert;
};

} // namespace

void replaceVerdict(SQLite::Database &database, NameWriter &names, std::int64_t run, const domain::FleetVerdict &verdict, double wall)
{
    for (const char *table : {"judgements", "verdicts", "findings"}) {
        SQLite::Statement clear(database, std::string("DELETE FROM ") + table + " WHERE run = ?");
        execute(clear, run);
    }
    SQLite::Statement judgement(database, "INSERT INTO judgements VALUES (?, ?, ?)");
    const std::string notes = textsToJson(verdict.notes);
    execute(judgement, run, wall, notes);

    SQLite::Statement insert(database, "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    FindingRows findings(database, names, run);
    for (const domain::NodeVerdict &node : verdict.nodes) {
        const std::int64_t name = names.id(node.node.text());
        const std::string word = domain::verdictText(node.verdict);
        const std::string accepted = textsToJson(node.accepted);
        execute(insert, run, name, node.rack.text(), word, node.reached, node.coverage.planned, node.coverage.measured, accepted);
        findings.insert(name, true, node.reasons);
        findings.insert(name, false, node.findings);
    }
}

} // namespace seatrial::store
