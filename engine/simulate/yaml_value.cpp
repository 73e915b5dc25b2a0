// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/yaml_value.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

namespace seatrial::engine::simulate {

namespace {

constexpr std::size_t mostBytes = 100'000;
constexpr std::size_t mostValues = 5'000;
constexpr std::size_t mostDepth = 8;

/// Thrown through the parser, caught in readYaml().
struct Refused {
    YAML::Mark mark;
    std::string what;
};

class Builder : public YAML::EventHandler
{
public:
    YamlValue root;

    void OnDocumentStart(const YAML::Mark &mark) override
    {
        if (m_begun)
            throw Refused{mark, "a second document begins here, expected only one"};
        m_begun = true;
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark &mark, YAML::anchor_t) override { leaf(mark, YamlValue::Kind::Null, {}); }
    void OnAlias(const YAML::Mark &mark, YAML::anchor_t) override { throw Refused{mark, "found an alias (*name), expected the value itself"}; }
    void OnScalar(const YAML::Mark &mark, const std::string &, YAML::anchor_t, const std::string &text) override
    {
        leaf(mark, YamlValue::Kind::Text, text);
    }
    void OnSequenceStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t, YAML::EmitterStyle::value) override
    {
        begin(mark, YamlValue::Kind::List);
    }
    void OnSequenceEnd() override { end(); }
    void OnMapStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t, YAML::EmitterStyle::value) override
    {
        begin(mark, YamlValue::Kind::Map);
    }
    void OnMapEnd() override { end(); }

private:
    YamlValue made(const YAML::Mark &mark, YamlValue::Kind kind)
    {
        if (++m_values > mostValues)
            throw Refused{mark, "more than " + std::to_string(mostValues) + " values, expected fewer"};
        YamlValue value;
        value.kind = kind;
        value.line = mark.line + 1;
        value.column = mark.column + 1;
        return value;
    }

    bool expectsKey() const
    {
        return !m_open.empty() && m_open.back().kind == YamlValue::Kind::Map && m_open.back().keys.size() == m_open.back().items.size();
    }

    void leaf(const YAML::Mark &mark, YamlValue::Kind kind, const std::string &text)
    {
        YamlValue value = made(mark, kind);
        value.text = text;
        if (!expectsKey())
            return place(std::move(value));
        YamlValue &map = m_open.back();
        if (kind != YamlValue::Kind::Text)
            throw Refused{mark, "found no key, expected a word before the colon"};
        if (std::find(map.keys.begin(), map.keys.end(), text) != map.keys.end())
            throw Refused{mark, "\"" + text.substr(0, 40) + "\" is there twice, expected it once"};
        map.keys.push_back(text);
        map.keyPlaces.push_back(std::move(value));
    }

    void begin(const YAML::Mark &mark, YamlValue::Kind kind)
    {
        if (expectsKey())
            throw Refused{mark, "found a list or a map as a key, expected a word"};
        if (m_open.size() == mostDepth)
            throw Refused{mark, "nested deeper than " + std::to_string(mostDepth) + " levels"};
        m_open.push_back(made(mark, kind));
    }

    void end()
    {
        YamlValue value = std::move(m_open.back());
        m_open.pop_back();
        place(std::move(value));
    }

    void place(YamlValue value)
    {
        if (m_open.empty()) {
            root = std::move(value);
            return;
        }
        YamlValue &parent = m_open.back();
        // The parser marks an empty value where the next thing begins.
        if (value.kind == YamlValue::Kind::Null && parent.kind == YamlValue::Kind::Map) {
            value.line = parent.keyPlaces.back().line;
            value.column = parent.keyPlaces.back().column;
        }
        parent.items.push_back(std::move(value));
    }

    std::vector<YamlValue> m_open;
    std::size_t m_values = 0;
    bool m_begun = false;
};

} // namespace

const YamlValue *YamlValue::find(std::string_view key) const
{
    const auto found = std::find(keys.begin(), keys.end(), key);
    return found == keys.end() ? nullptr : &items[std::size_t(found - keys.begin())];
}

std::string placed(const std::string &file, int line, int column, const std::string &what)
{
    return file + ':' + std::to_string(line) + ':' + std::to_string(column) + ": " + what;
}

std::optional<YamlValue> readYaml(const std::string &yaml, const std::string &file, std::string &error)
{
    if (yaml.size() > mostBytes) {
        error = placed(file, 1, 1, "larger than " + std::to_string(mostBytes) + " bytes, expected a profile");
        return std::nullopt;
    }
    std::istringstream stream(yaml);
    Builder builder;
    const auto refuse = [&](const YAML::Mark &mark, const std::string &what) {
        error = placed(file, mark.is_null() ? 1 : mark.line + 1, mark.is_null() ? 1 : mark.column + 1, what);
        return std::nullopt;
    };
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const Refused &refused) {
        return refuse(refused.mark, refused.what);
    } catch (const YAML::Exception &problem) {
        return refuse(problem.mark, "this is not YAML: " + problem.msg);
    }
    return std::move(builder.root);
}

} // namespace seatrial::engine::simulate
