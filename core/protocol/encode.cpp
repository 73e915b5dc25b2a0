// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/codec.h"

#include "core/protocol/json_writer.h"

namespace seatrial::protocol {

namespace {

constexpr std::string_view typeOf(const Hello &) { return "hello"; }
constexpr std::string_view typeOf(const StepStarted &) { return "step-started"; }
constexpr std::string_view typeOf(const Measurement &) { return "measurement"; }
constexpr std::string_view typeOf(const StepFinished &) { return "step-finished"; }
constexpr std::string_view typeOf(const Event &) { return "event"; }
constexpr std::string_view typeOf(const Part &) { return "part"; }
constexpr std::string_view typeOf(const Heartbeat &) { return "heartbeat"; }
constexpr std::string_view typeOf(const Goodbye &) { return "goodbye"; }
constexpr std::string_view typeOf(const Open &) { return "open"; }
constexpr std::string_view typeOf(const StartStep &) { return "start-step"; }
constexpr std::string_view typeOf(const NoMoreSteps &) { return "no-more-steps"; }
constexpr std::string_view typeOf(const Cancel &) { return "cancel"; }
constexpr std::string_view typeOf(const Renew &) { return "renew"; }

void write(JsonWriter &json, const Stamp &stamp)
{
    json.unsignedInteger("seq", stamp.sequence);
    json.number("mono", stamp.monotonicSeconds);
    json.number("wall", stamp.wallSeconds);
    json.text("boot", stamp.bootId);
}

void write(JsonWriter &json, const Hello &hello)
{
    json.integer("protocol", hello.protocol);
    json.text("engine", hello.engineVersion);
    json.text("run", hello.run);
    json.text("node", hello.node);
    json.text("hostname", hello.hostname);
    json.text("machine", hello.machine);
    json.text("kernel", hello.kernel);
    json.text("libc", hello.libc);
    json.boolean("simulated", hello.simulated);
}

void write(JsonWriter &json, const StepStarted &started)
{
    json.text("step", started.step);
    json.text("check", started.check);
    json.optionalTexts("params", started.parameters);
}

void write(JsonWriter &json, const Measurement &measurement)
{
    json.text("step", measurement.step);
    json.text("check", measurement.check);
    json.text("metric", measurement.metric);
    json.text("subject", measurement.subject);
    json.number("value", measurement.value);
    json.text("unit", unitText(measurement.unit));
    json.unsignedInteger("n", measurement.samples);
    if (measurement.spread != Spread{}) {
        json.beginObject("spread");
        json.number("min", measurement.spread.minimum);
        json.number("max", measurement.spread.maximum);
        json.number("cv", measurement.spread.cv);
        json.endObject();
    }
    json.optionalTexts("params", measurement.parameters);
}

void write(JsonWriter &json, const StepFinished &finished)
{
    json.text("step", finished.step);
    json.text("check", finished.check);
    json.text("status", statusText(finished.status));
    if (finished.waiver != Waiver::None)
        json.text("waiver", waiverText(finished.waiver));
    json.optionalText("reason", finished.reason);
    json.number("seconds", finished.seconds);
}

void write(JsonWriter &json, const Event &event)
{
    json.text("severity", severityText(event.severity));
    json.text("code", event.code);
    json.optionalText("step", event.step);
    json.optionalText("subject", event.subject);
    json.text("text", event.text);
    json.optionalTexts("params", event.parameters);
}

void write(JsonWriter &json, const Part &part)
{
    json.text("kind", part.kind);
    json.text("place", part.place);
    json.optionalText("identity", part.identity);
    json.optionalText("model", part.model);
    json.optionalText("firmware", part.firmware);
    json.optionalTexts("attributes", part.attributes);
}

void write(JsonWriter &json, const Heartbeat &heartbeat)
{
    json.optionalText("step", heartbeat.step);
}

void write(JsonWriter &json, const Goodbye &goodbye)
{
    json.text("outcome", outcomeText(goodbye.outcome));
    json.optionalText("reason", goodbye.reason);
}

void write(JsonWriter &json, const Open &open)
{
    json.integer("protocol", open.protocol);
    json.text("run", open.run);
    json.text("node", open.node);
    json.number("lease_seconds", open.leaseSeconds);
    json.number("grace_seconds", open.graceSeconds);
    json.boolean("allow_busy", open.allowBusy);
    json.optionalText("allowed_by", open.allowedBy);
    if (open.sudo)
        json.boolean("sudo", true);
}

void write(JsonWriter &json, const StartStep &start)
{
    json.text("step", start.step);
    json.text("check", start.check);
    json.optionalTexts("params", start.parameters);
    json.number("deadline_seconds", start.deadlineSeconds);
}

void write(JsonWriter &json, const Cancel &cancel)
{
    json.optionalText("step", cancel.step);
    json.optionalText("reason", cancel.reason);
}

void write(JsonWriter &, const NoMoreSteps &) {}
void write(JsonWriter &json, const Renew &renew)
{
    if (renew.wall)
        json.number("wall", *renew.wall);
    if (renew.aheadAtLeast)
        json.number("ahead_at_least", *renew.aheadAtLeast);
}

template<typename Variant>
std::string encodeVariant(const Variant &variant, const Stamp *stamp)
{
    JsonWriter json;
    std::visit(
        [&](const auto &said) {
            json.text("type", typeOf(said));
            if (stamp)
                write(json, *stamp);
            write(json, said);
        },
        variant);
    return json.finishLine();
}

} // namespace

std::string encode(const Record &record)
{
    return encodeVariant(record.body, &record.stamp);
}

std::string encode(const Control &control)
{
    return encodeVariant(control, nullptr);
}

std::string encodeBody(const Body &body)
{
    return encodeVariant(body, nullptr);
}

} // namespace seatrial::protocol
