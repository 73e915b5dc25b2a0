// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/sku.h"

#include "core/analysis/sentences.h"
#include "core/domain/yaml_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace seatrial::analysis {

using domain::Failure;
using domain::FailureKind;
using domain::Result;
using domain::Stage;
using domain::YamlMap;
using domain::YamlReader;
using domain::YamlTree;
using protocol::Unit;

namespace {

constexpr std::size_t kMostFiles = 1000;
/// Of a ceiling. What good models reach is more: less is mostly a slip of the unit.
constexpr double kLeastOfCeiling = 0.25;
/// How far the same figure may differ between two ways to work it out: rounding of data sheets.
constexpr double kRounding = 0.02;

/// A value that a model may have.
struct Known {
    std::string_view name;
    Unit unit;
    double most;              ///< no model has more, by far: a slip of the unit
    std::string_view ceiling; ///< of a good figure: the value that nothing exceeds
    double ofCeiling = 1;     ///< how much of the ceiling is possible at most
};

constexpr std::array kKnown{
    Known{"pcie_width", Unit::Lanes, 32, {}},
    Known{"pcie_speed", Unit::GigatransfersPerSecond, 128, {}},
    Known{"host_link", Unit::GigabytesPerSecond, 1000, {}}, // one direction
    Known{"nvlinks", Unit::Count, 72, {}},
    Known{"nvlink_speed", Unit::GigabytesPerSecond, 200, {}},      // one link, one direction
    Known{"nvlink_bandwidth", Unit::GigabytesPerSecond, 5000, {}}, // all links, one direction
    Known{"c2c_links", Unit::Count, 32, {}},                       // NVLink-C2C of one GPU
    Known{"c2c_link_speed", Unit::GigabytesPerSecond, 200, {}},    // one link, one direction
    Known{"memory_bytes", Unit::Bytes, 2e12, {}},
    Known{"memory_bus", Unit::None, 32768, {}}, // bits
    Known{"memory_clock", Unit::Megahertz, 20000, {}},
    Known{"memory_bandwidth", Unit::GigabytesPerSecond, 50000, {}},
    Known{"core_clock", Unit::Megahertz, 5000, {}},
    Known{"power_limit", Unit::Watts, 3000, {}},
    Known{"temperature_slowdown", Unit::Celsius, 120, {}},
    Known{"memory_temperature_limit", Unit::Celsius, 120, {}},
    Known{"peak_fp64_vector", Unit::GigaflopsPerSecond, 1e6, {}},
    Known{"peak_fp64", Unit::GigaflopsPerSecond, 1e6, {}},
    Known{"peak_fp32", Unit::GigaflopsPerSecond, 1e6, {}},
    Known{"peak_tf32", Unit::GigaflopsPerSecond, 1e8, {}},
    Known{"peak_bf16", Unit::GigaflopsPerSecond, 1e8, {}},
    Known{"peak_fp16", Unit::GigaflopsPerSecond, 1e8, {}},
    Known{"peak_fp8", Unit::GigaflopsPerSecond, 1e8, {}},
    Known{"peak_int8", Unit::GigaflopsPerSecond, 1e8, {}},
    Known{"good_memory_read", Unit::GigabytesPerSecond, 50000, "memory_bandwidth"},
    Known{"good_memory_copy", Unit::GigabytesPerSecond, 50000, "memory_bandwidth"},
    Known{"good_memory_triad", Unit::GigabytesPerSecond, 50000, "memory_bandwidth"},
    Known{"good_host_to_device", Unit::GigabytesPerSecond, 1000, "host_link"},
    Known{"good_device_to_host", Unit::GigabytesPerSecond, 1000, "host_link"},
    Known{"good_nvlink_pair", Unit::GigabytesPerSecond, 5000, "nvlink_bandwidth"},
    // Switches that add up (NVLS) make the formula's figure larger than what the wire carries.
    Known{"good_all_reduce", Unit::GigabytesPerSecond, 5000, "nvlink_bandwidth", 1.15},
    Known{"good_fp64_vector", Unit::GigaflopsPerSecond, 1e6, "peak_fp64_vector"},
    Known{"good_fp64", Unit::GigaflopsPerSecond, 1e6, "peak_fp64"},
    Known{"good_fp32", Unit::GigaflopsPerSecond, 1e6, "peak_fp32"},
    Known{"good_tf32", Unit::GigaflopsPerSecond, 1e8, "peak_tf32"},
    Known{"good_bf16", Unit::GigaflopsPerSecond, 1e8, "peak_bf16"},
    Known{"good_fp16", Unit::GigaflopsPerSecond, 1e8, "peak_fp16"},
    Known{"good_fp8", Unit::GigaflopsPerSecond, 1e8, "peak_fp8"},
    Known{"good_int8", Unit::GigaflopsPerSecond, 1e8, "peak_int8"},
};

std::string unitName(Unit unit)
{
    return unit == Unit::None ? "none" : std::string(protocol::unitText(unit));
}

/// Reads one file of a model.
class SkuReader
{
public:
    explicit SkuReader(const std::filesystem::path &source) : m_reader(source, "model of GPU") {}

    Result<Sku> read(const std::string &yaml)
    {
        const YamlTree &root = m_reader.parse(yaml);
        YamlMap file(m_reader, root, "a model of GPU", {"version", "sku", "title", "names", "devices", "values"});
        file.requireVersion();
        m_sku.id = file.text("sku");
        m_sku.title = file.text("title");
        m_sku.names = texts(file, "names");
        m_sku.devices = texts(file, "devices");
        for (const std::string &device : m_sku.devices) {
            if (device.size() != 9 || device[4] != ':' || device.find_first_not_of("0123456789abcdef:") != std::string::npos)
                file.fail("devices", "found \"" + device + "\" among the devices, expected vendor and device in small hexadecimal digits, like 10de:2330");
        }
        if (m_sku.names.empty() && m_sku.devices.empty())
            file.fail("names", "the model has neither names nor devices, expected what it is recognised by");
        readValues(file.place("values"));
        if (m_reader.ok())
            compareValues();
        if (m_reader.failure())
            return std::unexpected(*m_reader.failure());
        return std::move(m_sku);
    }

private:
    std::vector<std::string> texts(YamlMap &file, std::string_view key)
    {
        std::vector<std::string> all;
        for (const YamlTree &each : file.list(key)) {
            if (each.kind != YamlTree::Kind::Text || each.text.empty() || each.text == "*")
                m_reader.fail(each, "found something else in the list " + std::string(key) + ", expected words that tell this model from others");
            all.push_back(each.text);
        }
        return all;
    }

    void readValues(const YamlTree &values)
    {
        if (values.kind != YamlTree::Kind::Map || values.items.empty())
            return m_reader.fail(values, "the model has no values, expected a map like pcie_width: { value: 16, unit: lanes, source: … }");
        for (std::size_t index = 0; index < values.items.size() && m_reader.ok(); ++index)
            readValue(values.keys[index], values.items[index]);
    }

    void readValue(const YamlTree &key, const YamlTree &tree)
    {
        const auto known = std::ranges::find(kKnown, key.text, &Known::name);
        if (known == kKnown.end()) {
            std::vector<std::string_view> names;
            for (const Known &each : kKnown)
                names.push_back(each.name);
            const auto nearest = domain::nearestWord(key.text, names);
            return m_reader.fail(key, "there is no value \"" + key.text + "\" of a model, expected " + (nearest ? *nearest : std::string("one of docs/criteria.md")));
        }
        m_places.emplace(key.text, tree);
        YamlMap map(m_reader, tree, "the value " + key.text, {"value", "unit", "source", "tool"});
        SkuValue value;
        value.value = map.number("value", 0, 1e15);
        const std::string unit = map.text("unit");
        value.unit = known->unit;
        if (unit != unitName(known->unit))
            map.fail("unit", "found " + unit + " as unit of " + key.text + ", expected " + unitName(known->unit));
        if (value.value <= 0)
            map.fail("value", key.text + " is 0, expected more; what the model does not have is left out");
        else if (value.value > known->most)
            map.fail("value", key.text + " is " + shownValue(value.value, known->unit) + ", more than any model has, expected at most " + shownValue(known->most, known->unit),
                     "look for a slip of the unit or of a decimal");
        value.source = map.text("source");
        value.tool = map.text("tool", std::string());
        const bool good = !known->ceiling.empty();
        if (good && value.tool.empty())
            map.fail("value", "it is not said what " + key.text + " was measured with, expected \"tool\"");
        m_sku.values.emplace(key.text, std::move(value));
    }

    void compareValues()
    {
        for (const Known &known : kKnown) {
            const SkuValue *good = known.ceiling.empty() ? nullptr : m_sku.find(known.name);
            if (!good)
                continue;
            const SkuValue *ceiling = m_sku.find(known.ceiling);
            if (!ceiling) {
                fail(known.name, "there is no " + std::string(known.ceiling) + " that it could be compared with, expected one: without a ceiling no figure can be checked");
                continue;
            }
            const double most = known.ofCeiling * ceiling->value;
            if (good->value > most)
                fail(known.name, "is " + shownValue(good->value, known.unit, 4) + ", more than is possible: " + std::string(known.ceiling) + " allows "
                                     + shownValue(most, known.unit, 4));
            else if (good->value < kLeastOfCeiling * ceiling->value)
                fail(known.name, "is " + shownValue(good->value, known.unit, 4) + ", less than a quarter of " + std::string(known.ceiling) + " "
                                     + shownValue(ceiling->value, known.unit, 4) + ", expected what a good one reaches: look for a slip of the unit");
        }
        const auto value = [&](std::string_view name) { return m_sku.find(name) ? m_sku.find(name)->value : 0; };
        // Twice a clock (double data rate) a word as wide as the bus.
        agree("memory_bandwidth", value("memory_clock") * 1e6 * value("memory_bus") / 8 * 2 / 1e9, "memory_clock and memory_bus");
        agree("nvlink_bandwidth", value("nvlinks") * value("nvlink_speed"), "nvlinks and nvlink_speed");
        // From 8 GT/s on 128 of 130 bits are data (PCI Express Base Specification 3.0 to 5.0).
        agree("host_link", value("pcie_width") * value("pcie_speed") / 8 * 128 / 130, "pcie_width and pcie_speed");
    }

    /// What follows from two values must be what the third says, or less where the wire has an overhead that the vendor leaves out.
    void agree(std::string_view name, double derived, const std::string &from)
    {
        constexpr double kOverhead = 0.08;
        const SkuValue *said = m_sku.find(name);
        if (!said || derived <= 0)
            return;
        if (said->value > derived * (1 + kRounding) || said->value < derived * (1 - kOverhead))
            fail(name, "is " + shownValue(said->value, said->unit, 4) + ", but " + from + " give " + shownValue(derived, said->unit, 4) + ", expected values that agree");
    }

    void fail(std::string_view name, const std::string &what) { m_reader.fail(m_places.at(std::string(name)), std::string(name) + " " + what); }

    YamlReader m_reader;
    Sku m_sku;
    std::map<std::string, YamlTree> m_places;
};

} // namespace

Result<Sku> parseSku(const std::string &yaml, const std::filesystem::path &source)
{
    return SkuReader(source).read(yaml);
}

Result<SkuCatalog> loadSkus(const std::filesystem::path &folder)
{
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end && files.size() < kMostFiles; at.increment(error)) {
        if (at->path().extension() == ".yaml")
            files.push_back(at->path());
    }
    if (error || files.empty())
        return std::unexpected(Failure{Stage::Input, FailureKind::NotFound, "no models of GPUs in " + folder.string(), error ? error.message() : "",
                                       "is the program installed as a whole?"});
    std::ranges::sort(files);
    SkuCatalog catalog;
    std::map<std::string, std::string> recognised;
    for (const auto &file : files) {
        const auto text = YamlReader::readFile(file, "model of GPU");
        if (!text)
            return std::unexpected(text.error());
        auto sku = parseSku(*text, file);
        if (!sku)
            return std::unexpected(sku.error());
        for (const auto *words : {&sku->names, &sku->devices}) {
            for (const std::string &word : *words) {
                if (const auto [known, isNew] = recognised.emplace(word, file.string()); !isNew && known->second != file.string())
                    return std::unexpected(Failure{Stage::Input, FailureKind::Invalid, file.string() + ": \"" + word + "\" is what " + known->second + " recognises already", {},
                                                   "remove it from one of the two"});
            }
        }
        catalog.skus.push_back(std::move(*sku));
    }
    return catalog;
}

} // namespace seatrial::analysis
