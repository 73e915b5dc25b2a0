// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/codec.h"

#include "core/protocol/fields.h"
#include "core/protocol/stream_reader.h"
#include "core/protocol/text.h"
#include "core/protocol/unit.h"
#include "core/protocol/version.h"
#include "core/protocol/words.h"

#include <nlohmann/json.hpp>

#include <limits>

namespace seatrial::protocol {

namespace {

using nlohmann::json;

constexpr int kMaxDepth = 8; ///< of brackets in a line; ours have two, the rest is room for newer engines
constexpr double kLongest = 366 * 86400.0; ///< seconds; no lease or deadline is longer
constexpr double kHighest = std::numeric_limits<double>::max();

/// Takes the JSON library's events into Fields. Fields of deeper objects and of arrays are passed over: only a newer
/// program writes them.
class FieldsFromJson
{
public:
    explicit FieldsFromJson(Fields &fields) : m_fields(fields) {}

    bool null() { return scalar(std::monostate{}); }
    bool boolean(bool value) { return scalar(value); }
    bool number_integer(json::number_integer_t value) { return scalar(value); }
    bool number_unsigned(json::number_unsigned_t value) { return scalar(value); }
    bool number_float(json::number_float_t value, const json::string_t &) { return scalar(value); }
    bool string(json::string_t &value) { return scalar(value); }
    bool binary(json::binary_t &) { return false; }

    bool key(json::string_t &value)
    {
        m_key = value;
        return true;
    }

    bool start_object(std::size_t)
    {
        if (!enter())
            return false;
        return m_depth != 2 || m_arrays > 0 || m_fields.beginObject(m_key);
    }

    bool end_object()
    {
        if (m_depth == 2 && m_arrays == 0)
            m_fields.endObject();
        --m_depth;
        return true;
    }

    bool start_array(std::size_t)
    {
        ++m_arrays;
        return enter();
    }

    bool end_array()
    {
        --m_arrays;
        --m_depth;
        return true;
    }

    bool parse_error(std::size_t position, const std::string &, const json::exception &)
    {
        m_fields.fail("not JSON at byte " + std::to_string(position));
        return false;
    }

private:
    bool enter()
    {
        if (++m_depth <= kMaxDepth)
            return true;
        m_fields.fail("brackets are deeper than " + std::to_string(kMaxDepth));
        return false;
    }

    bool scalar(Fields::Value value)
    {
        if (m_depth == 0) {
            m_fields.fail("not an object");
            return false;
        }
        return m_depth > 2 || m_arrays > 0 || m_fields.add(m_key, std::move(value));
    }

    Fields &m_fields;
    std::string m_key;
    int m_depth = 0;
    int m_arrays = 0;
};

std::string_view withoutLineEnd(std::string_view line)
{
    if (line.ends_with('\n'))
        line.remove_suffix(1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

/// All of @p line in @p fields, or the reason why not in it.
void parse(std::string_view line, Fields &fields)
{
    if (line.empty())
        return fields.fail("the line is empty");
    if (line.size() > StreamReader::kMaxLineBytes)
        return fields.fail("the line is longer than " + std::to_string(StreamReader::kMaxLineBytes) + " bytes");
    // The library would skip a byte order mark and take a NUL for the end.
    if (line.front() != '{' || line.find('\0') != std::string_view::npos)
        return fields.fail("the line is not a JSON object");
    FieldsFromJson reader(fields);
    try {
        if (!json::sax_parse(line.begin(), line.end(), &reader))
            fields.fail("not JSON");
    } catch (const std::exception &error) { // out of memory is all that is left
        fields.fail(error.what());
    }
}

template<typename FromText>
auto readWord(Fields &fields, std::string_view key, FromText fromText)
{
    const auto value = fromText(fields.optionalId(key));
    if (!value)
        fields.fail(key, "has an unknown word");
    return value.value_or(typename decltype(value)::value_type{});
}

Stamp readStamp(Fields &fields)
{
    Stamp stamp;
    stamp.sequence = fields.integer("seq", 1, std::numeric_limits<std::int64_t>::max());
    stamp.monotonicSeconds = fields.number("mono", 0, kHighest);
    stamp.wallSeconds = fields.number("wall", -kHighest, kHighest);
    stamp.bootId = fields.optionalId("boot");
    return stamp;
}

Body readHello(Fields &fields)
{
    Hello hello;
    hello.protocol = static_cast<int>(fields.integer("protocol", 1, std::numeric_limits<int>::max()));
    hello.engineVersion = fields.optionalId("engine");
    hello.run = fields.id("run");
    hello.node = fields.id("node");
    hello.hostname = fields.text("hostname");
    hello.machine = fields.text("machine");
    hello.kernel = fields.text("kernel");
    hello.libc = fields.text("libc");
    hello.simulated = fields.boolean("simulated");
    return hello;
}

Body readStepStarted(Fields &fields)
{
    StepStarted started;
    started.step = fields.id("step");
    started.check = fields.id("check");
    started.parameters = fields.texts("params");
    return started;
}

Body readMeasurement(Fields &fields)
{
    Measurement measurement;
    measurement.step = fields.id("step");
    measurement.check = fields.id("check");
    measurement.metric = fields.id("metric");
    measurement.subject = fields.id("subject");
    measurement.value = fields.number("value", -kHighest, kHighest);
    measurement.unit = readWord(fields, "unit", unitFromText);
    measurement.samples =
        static_cast<std::uint32_t>(fields.integer("n", 1, std::numeric_limits<std::uint32_t>::max()));
    if (fields.has("spread")) {
        measurement.spread.minimum = fields.numberIn("spread", "min");
        measurement.spread.maximum = fields.numberIn("spread", "max");
        measurement.spread.cv = fields.numberIn("spread", "cv");
    }
    measurement.parameters = fields.texts("params");
    return measurement;
}

Body readStepFinished(Fields &fields)
{
    StepFinished finished;
    finished.step = fields.id("step");
    finished.check = fields.id("check");
    finished.status = readWord(fields, "status", statusFromText);
    if (fields.has("waiver"))
        finished.waiver = readWord(fields, "waiver", waiverFromText);
    finished.reason = fields.text("reason");
    finished.seconds = fields.number("seconds", 0, kHighest);
    if (finished.status != StepStatus::Completed && finished.reason.empty())
        fields.fail("reason", "is missing, though the step was not completed");
    if ((finished.status == StepStatus::Waived) != (finished.waiver != Waiver::None))
        fields.fail("waiver", "does not go with the status");
    return finished;
}

Body readEvent(Fields &fields)
{
    Event event;
    event.severity = readWord(fields, "severity", severityFromText);
    event.code = fields.id("code");
    event.step = fields.optionalId("step");
    event.subject = fields.optionalId("subject");
    event.text = fields.text("text");
    event.parameters = fields.texts("params");
    return event;
}

Body readPart(Fields &fields)
{
    Part part;
    part.kind = fields.id("kind");
    part.place = fields.id("place");
    part.identity = fields.optionalId("identity");
    part.model = fields.text("model");
    part.firmware = fields.text("firmware");
    part.attributes = fields.texts("attributes");
    return part;
}

Body readHeartbeat(Fields &fields)
{
    return Heartbeat{fields.optionalId("step")};
}

Body readGoodbye(Fields &fields)
{
    Goodbye goodbye;
    goodbye.outcome = readWord(fields, "outcome", outcomeFromText);
    goodbye.reason = fields.text("reason");
    return goodbye;
}

Body readBody(Fields &fields, std::string_view type)
{
    using Reader = Body (*)(Fields &);
    static constexpr std::pair<std::string_view, Reader> kReaders[] = {
        {"measurement", readMeasurement}, {"event", readEvent},
        {"heartbeat", readHeartbeat},     {"step-started", readStepStarted},
        {"step-finished", readStepFinished}, {"part", readPart},
        {"hello", readHello},             {"goodbye", readGoodbye},
    };
    for (const auto &[name, read] : kReaders) {
        if (name == type)
            return read(fields);
    }
    fields.fail("\"type\" is none of this version: \"" + std::string(type) + '"');
    return {};
}

Renew readRenew(Fields &fields)
{
    const auto number = [&](const char *key) { return fields.has(key) ? std::optional(fields.number(key, -kHighest, kHighest)) : std::nullopt; };
    const auto wall = number("wall");
    return {wall, number("ahead_at_least")};
}

Open readOpen(Fields &fields)
{
    Open open;
    open.protocol = static_cast<int>(fields.integer("protocol", 1, std::numeric_limits<int>::max()));
    open.run = fields.id("run");
    open.node = fields.id("node");
    open.leaseSeconds = fields.number("lease_seconds", 0.001, kLongest);
    open.graceSeconds = fields.number("grace_seconds", 0, 3600);
    open.allowBusy = fields.boolean("allow_busy");
    open.allowedBy = fields.text("allowed_by");
    open.sudo = fields.boolean("sudo");
    return open;
}

StartStep readStartStep(Fields &fields)
{
    StartStep start;
    start.step = fields.id("step");
    start.check = fields.id("check");
    start.parameters = fields.texts("params");
    start.deadlineSeconds = fields.number("deadline_seconds", 0.001, kLongest);
    return start;
}

Cancel readCancel(Fields &fields)
{
    Cancel cancel;
    cancel.step = fields.optionalId("step");
    cancel.reason = fields.text("reason");
    return cancel;
}

Control readControl(Fields &fields, std::string_view type)
{
    if (type == "open")
        return readOpen(fields);
    if (type == "start-step")
        return readStartStep(fields);
    if (type == "no-more-steps")
        return NoMoreSteps{};
    if (type == "cancel")
        return readCancel(fields);
    if (type != "renew")
        fields.fail("\"type\" is none of this version: \"" + std::string(type) + '"');
    return readRenew(fields);
}

/// Looks at the version of a first line before anything else: whatever a newer one says may have changed.
bool isTooNew(Fields &fields, TooNew &tooNew)
{
    if (!fields.has("protocol"))
        return false;
    const auto protocol = fields.integer("protocol", 1, std::numeric_limits<int>::max());
    if (!fields.ok() || protocol <= static_cast<std::uint64_t>(kProtocolVersion))
        return false;
    tooNew = {static_cast<int>(protocol), excerptOf(fields.text("engine"))};
    return true;
}

template<typename Result, typename Read>
Result decode(std::string_view line, std::string_view firstType, Read read)
{
    line = withoutLineEnd(line);
    Fields fields;
    parse(line, fields);
    if (fields.ok()) {
        const std::string type = fields.id("type");
        TooNew tooNew;
        if (type == firstType && isTooNew(fields, tooNew)) {
            if constexpr (requires { Result(tooNew); })
                return tooNew;
        }
        auto content = read(fields, type);
        if (fields.ok())
            return content;
    }
    return Malformed{excerptOf(fields.reason()), excerptOf(line)};
}

} // namespace

std::variant<Record, Malformed, TooNew> decodeRecord(std::string_view line)
{
    return decode<std::variant<Record, Malformed, TooNew>>(line, "hello", [](Fields &fields, std::string_view type) {
        Record record;
        record.stamp = readStamp(fields);
        record.body = readBody(fields, type);
        return record;
    });
}

std::variant<Control, Malformed, TooNew> decodeControl(std::string_view line)
{
    return decode<std::variant<Control, Malformed, TooNew>>(line, "open", readControl);
}

std::variant<Body, Malformed> decodeBody(std::string_view line)
{
    return decode<std::variant<Body, Malformed>>(line, {}, readBody);
}

} // namespace seatrial::protocol
