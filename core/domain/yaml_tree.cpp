// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_set>

namespace seatrial::domain {

namespace {

/// Thrown through yaml-cpp, caught in parseYaml.
struct Refusal {
    YAML::Mark mark;
    std::string what;
};

/// Builds the tree from the events of the parser, so that nothing is kept of what exceeds the bounds.
class TreeBuilder : public YAML::EventHandler
{
public:
    YamlTree take() { return std::move(m_root); }

    void OnDocumentStart(const YAML::Mark &mark) override
    {
        if (m_documents++ > 0)
            throw Refusal{mark, "a second document begins here, expected only one"};
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark &mark, YAML::anchor_t) override { addLeaf(mark, YamlTree::Kind::Null, {}); }
    void OnAlias(const YAML::Mark &mark, YAML::anchor_t) override
    {
        throw Refusal{mark, "found an alias (*name), expected the value itself"};
    }
    void OnScalar(const YAML::Mark &mark, const std::string &, YAML::anchor_t, const std::string &value) override
    {
        addLeaf(mark, YamlTree::Kind::Text, value);
    }
    void OnSequenceStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t, YAML::EmitterStyle::value) override
    {
        open(mark, YamlTree::Kind::List);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t, YAML::EmitterStyle::value) override
    {
        open(mark, YamlTree::Kind::Map);
    }
    void OnMapEnd() override { close(); }

private:
    struct Level {
        YamlTree tree;
        YAML::Mark mark;
        std::unordered_set<std::string> keys;
    };

    bool keyComes() const
    {
        if (m_open.empty())
            return false;
        const YamlTree &tree = m_open.back().tree;
        return tree.kind == YamlTree::Kind::Map && tree.keys.size() == tree.items.size();
    }

    YamlTree begun(const YAML::Mark &mark, YamlTree::Kind kind)
    {
        if (++m_values > kMaxYamlValues)
            throw Refusal{mark, "more than " + std::to_string(kMaxYamlValues) + " values, expected fewer"};
        return YamlTree{.kind = kind, .text = {}, .keys = {}, .items = {}, .line = mark.line + 1, .column = mark.column + 1};
    }

    void open(const YAML::Mark &mark, YamlTree::Kind kind)
    {
        if (keyComes())
            throw Refusal{mark, "found a list or a map as a key, expected a text"};
        if (static_cast<int>(m_open.size()) == kMaxYamlDepth)
            throw Refusal{mark, "nested deeper than " + std::to_string(kMaxYamlDepth) + " levels"};
        m_open.push_back({begun(mark, kind), mark, {}});
    }

    void close()
    {
        YamlTree tree = std::move(m_open.back().tree);
        m_open.pop_back();
        place(std::move(tree));
    }

    void addLeaf(const YAML::Mark &mark, YamlTree::Kind kind, const std::string &text)
    {
        YamlTree leaf = begun(mark, kind);
        leaf.text = text;
        if (!keyComes())
            return place(std::move(leaf));
        if (kind != YamlTree::Kind::Text)
            throw Refusal{mark, "found no key, expected a text before the colon"};
        Level &level = m_open.back();
        if (!level.keys.insert(text).second)
            throw Refusal{mark, "this key is there twice in its map, expected it once"};
        level.tree.keys.push_back(std::move(leaf));
    }

    void place(YamlTree tree)
    {
        if (m_open.empty()) {
            m_root = std::move(tree);
            return;
        }
        YamlTree &parent = m_open.back().tree;
        // An empty value is marked by the parser where the next thing begins: its key is the better place.
        if (tree.kind == YamlTree::Kind::Null && parent.kind == YamlTree::Kind::Map) {
            tree.line = parent.keys.back().line;
            tree.column = parent.keys.back().column;
        }
        parent.items.push_back(std::move(tree));
    }

    YamlTree m_root;
    std::vector<Level> m_open;
    std::size_t m_values = 0;
    int m_documents = 0;
};

YamlProblem problemAt(const YAML::Mark &mark, std::string what)
{
    return {mark.is_null() ? 1 : mark.line + 1, mark.is_null() ? 1 : mark.column + 1, std::move(what)};
}

} // namespace

std::expected<YamlTree, YamlProblem> parseYaml(const std::string &yaml)
{
    if (yaml.size() > kMaxYamlBytes)
        return std::unexpected(YamlProblem{1, 1, "the file is larger than 20 MB"});
    std::istringstream stream(yaml);
    TreeBuilder builder;
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const Refusal &refusal) {
        return std::unexpected(problemAt(refusal.mark, refusal.what));
    } catch (const YAML::Exception &error) {
        return std::unexpected(problemAt(error.mark, "this is not YAML: " + error.msg));
    }
    return builder.take();
}

} // namespace seatrial::domain
