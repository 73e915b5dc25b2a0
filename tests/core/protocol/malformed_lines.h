// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/protocol/stream_reader.h"

#include <string>
#include <vector>

/// Lines that must be refused, with a part of the reason that must be given.
namespace seatrial::samples {

struct MalformedLine {
    const char *name;
    std::string line;
    const char *reason;
};

inline const std::string kStamp = R"("seq":1,"mono":1,"wall":1,"boot":"b",)";
inline const std::string kMeasurement =
    R"({"type":"measurement",)" + kStamp + R"("step":"s","check":"c","metric":"m","subject":"node","value":1,"unit":"s","n":1)";

inline std::string eventLine(const std::string &text)
{
    return R"({"type":"event",)" + kStamp + R"("severity":"info","code":"c","text":")" + text + "\"}";
}

inline std::string manyParameters(int count)
{
    std::string line = kMeasurement + R"(,"params":{)";
    for (int index = 0; index < count; ++index)
        line += (index ? ",\"p" : "\"p") + std::to_string(index) + "\":\"v\"";
    return line + "}}";
}

inline std::vector<MalformedLine> malformedLines()
{
    return {
        {"empty", "", "empty"},
        {"words", "Last login: Mon", "not a JSON object"},
        {"array", "[1,2]", "not a JSON object"},
        {"truncated", R"({"type":"heartbeat","seq":1)", "not JSON"},
        {"trailing", R"({"type":"heartbeat"} x)", "not JSON"},
        {"nul", std::string("{}\0{}", 5), "not a JSON object"},
        {"byte order mark", "\xEF\xBB\xBF{}", "not a JSON object"},
        {"invalid UTF-8", eventLine("a\xFF"), "not JSON"},
        {"overlong UTF-8", eventLine("\xC0\xAF"), "not JSON"},
        {"lone surrogate", eventLine("\\ud800"), "not JSON"},
        {"NUL in a text", eventLine("a\\u0000b"), "NUL"},
        {"no type", "{" + kStamp + R"("x":1})", "\"type\" is missing"},
        {"unknown type", R"({"type":"gossip",)" + kStamp + R"("x":1})", "gossip"},
        {"no sequence", R"({"type":"heartbeat","mono":1,"wall":1})", "\"seq\" is missing"},
        {"sequence zero", R"({"type":"heartbeat","seq":0,"mono":1,"wall":1})", "\"seq\""},
        {"sequence negative", R"({"type":"heartbeat","seq":-4,"mono":1,"wall":1})", "\"seq\""},
        {"sequence broken", R"({"type":"heartbeat","seq":1.5,"mono":1,"wall":1})", "\"seq\""},
        {"sequence huge", R"({"type":"heartbeat","seq":99999999999999999999,"mono":1,"wall":1})", "\"seq\""},
        {"time null", R"({"type":"heartbeat","seq":1,"mono":null,"wall":1})", "\"mono\""},
        {"time negative", R"({"type":"heartbeat","seq":1,"mono":-1,"wall":1})", "\"mono\""},
        {"twice", R"({"type":"heartbeat","seq":1,"seq":2,"mono":1,"wall":1})", "twice"},
        {"value infinite", kMeasurement + R"(,"spread":{"min":1e999,"max":1,"cv":0}})", "not JSON"},
        {"value missing", R"({"type":"measurement",)" + kStamp + R"("step":"s","check":"c","metric":"m","subject":"n","unit":"s","n":1})",
            "\"value\" is missing"},
        {"value a text", kMeasurement + R"(,"spread":{"min":"1","max":1,"cv":0}})", "\"min\""},
        {"spread a number", kMeasurement + R"(,"spread":3})", "\"spread\" is not an object"},
        {"spread short", kMeasurement + R"(,"spread":{"min":1}})", "\"max\" is missing"},
        {"parameter a number", kMeasurement + R"(,"params":{"a":1}})", "\"params\""},
        {"parameters a text", kMeasurement + R"(,"params":"a"})", "\"params\" is not an object"},
        {"65 parameters", manyParameters(65), "more than 64"},
        {"parameter twice", kMeasurement + R"(,"params":{"a":"1","a":"2"}})", "twice"},
        {"text too long", eventLine(std::string(4097, 'x')), "longer than 4096"},
        {"id too long", R"({"type":"heartbeat",)" + kStamp + R"("step":")" + std::string(129, 'x') + "\"}", "longer than 128"},
        {"id with escape", R"({"type":"heartbeat",)" + kStamp + R"("step":"a\u001b[2J"})", "printed"},
        {"id turned around", R"({"type":"heartbeat",)" + kStamp + "\"step\":\"a\u202Eb\"}", "printed"},
        {"unknown unit", R"({"type":"measurement",)" + kStamp + R"("step":"s","check":"c","metric":"m","subject":"n","value":1,"unit":"furlongs","n":1})",
            "\"unit\""},
        {"unknown status", R"({"type":"step-finished",)" + kStamp + R"("step":"s","check":"c","status":"great","seconds":1})", "\"status\""},
        {"no reason", R"({"type":"step-finished",)" + kStamp + R"("step":"s","check":"c","status":"failed","seconds":1})", "\"reason\""},
        {"waived, but why", R"({"type":"step-finished",)" + kStamp + R"("step":"s","check":"c","status":"waived","reason":"r","seconds":1})", "\"waiver\""},
        {"hello of version 0", R"({"type":"hello",)" + kStamp + R"("protocol":0,"run":"r","node":"n"})", "\"protocol\""},
        {"deep", kMeasurement + ",\"x\":" + std::string(60000, '['), "deeper than 8"},
        {"too long", eventLine(std::string(protocol::StreamReader::kMaxLineBytes, 'x')), "longer than 65536"},
    };
}

} // namespace seatrial::samples
