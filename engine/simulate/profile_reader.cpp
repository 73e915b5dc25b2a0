// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/profile_reader.h"

#include "engine/simulate/noise.h"
#include "engine/simulate/yaml_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>

namespace seatrial::engine::simulate {

namespace {

/// Thrown when the first thing makes no sense, caught in readProfile().
struct Refused {
    int line;
    int column;
    std::string what;
};

[[noreturn]] void refuse(const YamlValue &at, const std::string &what)
{
    throw Refused{at.line, at.column, what};
}

std::string shown(const YamlValue &value)
{
    switch (value.kind) {
    case YamlValue::Kind::Null: return "nothing";
    case YamlValue::Kind::List: return "a list";
    case YamlValue::Kind::Map: return "a map";
    case YamlValue::Kind::Text: break;
    }
    std::string text = value.text.substr(0, 40);
    std::replace_if(text.begin(), text.end(), [](unsigned char letter) { return letter < ' ' || letter == 0x7f; }, '?');
    return '"' + text + '"';
}

std::string numberText(double number)
{
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    return {text.data(), end};
}

const std::string &word(const YamlValue &value, std::size_t most, const char *expected)
{
    const bool sensible = value.kind == YamlValue::Kind::Text && !value.text.empty() && value.text.size() <= most
        && std::all_of(value.text.begin(), value.text.end(), [](unsigned char letter) { return letter > ' ' && letter != 0x7f && letter != '/'; });
    if (!sensible)
        refuse(value, "found " + shown(value) + ", expected " + expected);
    return value.text;
}

double number(const YamlValue &value, double least, double most)
{
    double result = 0;
    const char *begin = value.text.data(), *end = begin + value.text.size();
    const auto [rest, error] = std::from_chars(begin, end, result);
    if (value.kind != YamlValue::Kind::Text || error != std::errc() || rest != end || !std::isfinite(result) || result < least || result > most)
        refuse(value, "found " + shown(value) + ", expected a number from " + numberText(least) + " to " + numberText(most));
    return result;
}

int whole(const YamlValue &value, int least, int most)
{
    const double result = number(value, least, most);
    if (result != std::floor(result))
        refuse(value, "found " + shown(value) + ", expected a whole number");
    return int(result);
}

bool yesNo(const YamlValue &value)
{
    if (value.kind != YamlValue::Kind::Text || (value.text != "yes" && value.text != "no" && value.text != "true" && value.text != "false"))
        refuse(value, "found " + shown(value) + ", expected yes or no");
    return value.text == "yes" || value.text == "true";
}

void onlyKeys(const YamlValue &map, std::initializer_list<std::string_view> known, const char *what)
{
    if (map.kind != YamlValue::Kind::Map)
        refuse(map, "found " + shown(map) + ", expected " + what);
    for (std::size_t i = 0; i < map.keys.size(); ++i) {
        if (std::find(known.begin(), known.end(), map.keys[i]) != known.end())
            continue;
        std::string list;
        for (const std::string_view key : known)
            list += (list.empty() ? "" : ", ") + std::string(key);
        refuse(map.keyPlaces[i], shown(map.keyPlaces[i]) + " is not known, expected one of " + list);
    }
}

/// What a kind of fault takes: its value and the part that has it.
struct FaultForm {
    FaultKind kind;
    double least, most, usual;
    bool wholeValue;
    const char *part; ///< the forms that a part may have
};

constexpr std::array<FaultForm, 11> forms{{
    {FaultKind::SlowHbm, 0.1, 90, 12, false, "gpu"},
    {FaultKind::HalfWidthPcie, 1, 8, 8, true, "gpu nic"},
    {FaultKind::DeadNvlink, 1, 18, 1, true, "gpu link"},
    {FaultKind::Throttles, 1, 90, 20, false, "gpu"},
    {FaultKind::SlowRail, 0.1, 95, 30, false, "nic"},
    {FaultKind::EccStorm, 0.1, 1e6, 50, false, "gpu"},
    {FaultKind::Xid79, 0, 1e6, 20, false, "gpu"},
    {FaultKind::WrongArithmetic, 0.001, 100, 100, false, "gpu sm"},
    {FaultKind::WrongMemory, 1, 1000, 3, true, "gpu"},
    {FaultKind::HungRank, 0, 1e6, 0, true, "gpu"},
    {FaultKind::SlowNode, 0.1, 90, 10, false, "node"},
}};

class Reader
{
public:
    explicit Reader(const YamlValue &root) : m_root(root) {}

    Profile run()
    {
        onlyKeys(m_root, {"version", "like", "name", "sku", "gpus", "numa_nodes", "pcie_switches", "nvlinks", "rails", "nics", "seed", "noise_percent",
                          "spread_percent", "speedup", "faults"}, "a profile: a map that begins with \"version: 1\"");
        const YamlValue *version = m_root.find("version");
        if (!version || version->text != "1")
            refuse(version ? *version : m_root, "found " + (version ? shown(*version) : std::string("no version")) + ", expected \"version: 1\"");
        begin();
        shape();
        adapters();
        numbers();
        if (const YamlValue *faults = m_root.find("faults"))
            readFaults(*faults);
        return std::move(m_profile);
    }

private:
    void begin()
    {
        const YamlValue *like = m_root.find("like"), *sku = m_root.find("sku");
        if (!like && !sku)
            refuse(m_root, "found neither \"like\" nor \"sku\", expected one of them");
        const std::string &base = like ? word(*like, 40, "the name of a built-in profile") : "h100x8";
        auto profile = builtInProfile(base);
        if (!profile)
            refuse(*like, "found " + shown(*like) + ", expected one of " + std::string(builtInProfileNames()));
        m_profile = std::move(*profile);
        if (sku) {
            m_profile.sku = findSku(word(*sku, 20, "a model"));
            if (!m_profile.sku)
                refuse(*sku, "found " + shown(*sku) + ", expected one of " + std::string(skuNames()));
            m_profile.linksPerGpu = m_profile.sku->links;
        }
        if (const YamlValue *name = m_root.find("name"))
            m_profile.name = word(*name, 60, "a name of at most 60 letters without blanks");
    }

    void shape()
    {
        const auto take = [&](const char *key, int &target, int least, int most) {
            if (const YamlValue *value = m_root.find(key))
                target = whole(*value, least, most);
        };
        take("gpus", m_profile.gpus, 1, Profile::mostGpus);
        take("pcie_switches", m_profile.switches, 1, Profile::mostSwitches);
        take("numa_nodes", m_profile.numaNodes, 1, 8);
        take("nvlinks", m_profile.linksPerGpu, 0, m_profile.sku->links);
        const YamlValue *switches = m_root.find("pcie_switches");
        if (m_profile.numaNodes > m_profile.switches)
            refuse(switches ? *switches : m_root, "found fewer PCIe switches than NUMA nodes, expected at least one each");
    }

    void addRail(Nic nic, const YamlValue &at)
    {
        const bool twice = std::any_of(m_profile.nics.begin(), m_profile.nics.end(),
                                       [&](const Nic &each) { return each.name == nic.name || each.interface == nic.interface; });
        if (twice)
            refuse(at, "adapter \"" + nic.name + "\" or interface \"" + nic.interface + "\" is there already, expected another name");
        m_profile.nics.push_back(std::move(nic));
    }

    void adapters()
    {
        const YamlValue *rails = m_root.find("rails"), *nics = m_root.find("nics");
        if (rails || nics)
            m_profile.nics.clear();
        if (rails) {
            onlyKeys(*rails, {"count", "gigabits"}, "a map with count and gigabits");
            const YamlValue *count = rails->find("count"), *gigabits = rails->find("gigabits");
            const int many = count ? whole(*count, 0, Profile::mostNics) : m_profile.gpus;
            for (int i = 0; i < many; ++i)
                addRail({"mlx5_" + std::to_string(i), "ib" + std::to_string(i), false, gigabits ? whole(*gigabits, 1, 1600) : 400,
                         i * m_profile.switches / many}, *rails);
        }
        if (nics)
            readNics(*nics);
        for (int which = 0; which < m_profile.switches; ++which) {
            int below = 0;
            for (int gpu = 0; gpu < m_profile.gpus; ++gpu)
                below += m_profile.switchOfGpu(gpu) == which;
            for (const Nic &nic : m_profile.nics)
                below += nic.rail && nic.pcieSwitch == which;
            if (below > Profile::mostBelowSwitch)
                refuse(m_root, "found " + std::to_string(below) + " devices below one PCIe switch, expected at most " + std::to_string(Profile::mostBelowSwitch));
        }
        for (const Nic &nic : m_profile.nics) {
            if (nic.rail && nic.pcieSwitch >= m_profile.switches)
                refuse(m_root, "adapter \"" + nic.name + "\" hangs below a PCIe switch that is not there, expected \"nics\" or \"rails\" for this node");
        }
    }

    void readNics(const YamlValue &list)
    {
        if (list.kind != YamlValue::Kind::List)
            refuse(list, "found " + shown(list) + ", expected a list of adapters");
        for (const YamlValue &item : list.items) {
            onlyKeys(item, {"name", "interface", "ethernet", "gigabits", "pcie_switch", "front_end"}, "an adapter: a map with its name");
            if (m_profile.nics.size() >= Profile::mostNics)
                refuse(item, "found more than " + std::to_string(Profile::mostNics) + " adapters, expected fewer");
            const YamlValue *name = item.find("name");
            if (!name)
                refuse(item, "found no name, expected one like mlx5_0");
            Nic nic;
            nic.name = word(*name, 30, "a name like mlx5_0");
            nic.interface = nic.name + "_if";
            if (const YamlValue *value = item.find("interface"))
                nic.interface = word(*value, 15, "the name of an interface, of at most 15 letters");
            if (const YamlValue *value = item.find("ethernet"))
                nic.ethernet = yesNo(*value);
            if (const YamlValue *value = item.find("front_end"))
                nic.rail = !yesNo(*value);
            if (const YamlValue *value = item.find("gigabits"))
                nic.gigabits = whole(*value, 1, 1600);
            if (const YamlValue *value = item.find("pcie_switch"))
                nic.pcieSwitch = whole(*value, 0, m_profile.switches - 1);
            if (nic.interface.size() > 15)
                nic.interface.resize(15);
            addRail(std::move(nic), item);
        }
    }

    void numbers()
    {
        const auto take = [&](const char *key, double &target, double least, double most) {
            if (const YamlValue *value = m_root.find(key))
                target = number(*value, least, most);
        };
        if (const YamlValue *value = m_root.find("seed")) {
            const char *begin = value->text.data(), *end = begin + value->text.size();
            const auto [rest, error] = std::from_chars(begin, end, m_profile.seed);
            if (value->kind != YamlValue::Kind::Text || error != std::errc() || rest != end)
                refuse(*value, "found " + shown(*value) + ", expected a whole number below 2^64");
        }
        take("noise_percent", m_profile.noise, 0, 20);
        take("spread_percent", m_profile.spread, 0, 20);
        take("speedup", m_profile.speedup, 0.01, 1e12);
    }

    void readFaults(const YamlValue &list)
    {
        if (list.kind == YamlValue::Kind::Null)
            return;
        if (list.kind != YamlValue::Kind::List)
            refuse(list, "found " + shown(list) + ", expected a list of faults");
        for (const YamlValue &item : list.items) {
            if (m_profile.faults.size() >= Profile::mostFaults)
                refuse(item, "found more than " + std::to_string(Profile::mostFaults) + " faults, expected fewer");
            readFault(item);
        }
    }

    void readFault(const YamlValue &item)
    {
        onlyKeys(item, {"kind", "part", "value", "cause", "after_seconds"}, "a fault: a map with its kind and its part");
        const YamlValue *kind = item.find("kind");
        if (!kind)
            refuse(item, "found no kind, expected one of " + std::string(faultWords()));
        const auto which = faultFromWord(word(*kind, 40, "a kind of fault"));
        if (!which)
            refuse(*kind, "found " + shown(*kind) + ", expected one of " + std::string(faultWords()));
        const FaultForm &form = *std::find_if(forms.begin(), forms.end(), [&](const FaultForm &each) { return each.kind == *which; });
        Fault fault;
        fault.kind = form.kind;
        fault.value = form.usual;
        if (const YamlValue *value = item.find("value"))
            fault.value = form.wholeValue ? whole(*value, int(form.least), int(form.most)) : number(*value, form.least, form.most);
        fault.after = 5;
        const YamlValue *cause = item.find("cause"), *after = item.find("after_seconds");
        if ((cause || after) && form.kind != FaultKind::Throttles)
            refuse(cause ? *cause : *after, "found a cause or a time, expected them for throttles alone");
        if (cause && cause->text != "thermal" && cause->text != "power")
            refuse(*cause, "found " + shown(*cause) + ", expected thermal or power");
        fault.cause = cause && cause->text == "power" ? ThrottleCause::Power : ThrottleCause::Thermal;
        if (after)
            fault.after = number(*after, 0.1, 1e5);
        readPart(item, form, fault);
        check(item, fault);
        m_profile.faults.push_back(std::move(fault));
    }

    /// "gpu/3", "gpu/3/link/7", "gpu/3/sm/17", "nic/mlx5_0", "node".
    void readPart(const YamlValue &item, const FaultForm &form, Fault &fault)
    {
        const std::string_view allowed = form.part;
        const YamlValue *part = item.find("part");
        if (allowed == "node") {
            if (part && part->text != "node")
                refuse(*part, "found " + shown(*part) + ", expected the part \"node\"");
            return;
        }
        const std::string expected = std::string("expected a part like ") + (allowed.starts_with("gpu") ? "gpu/3" : "nic/mlx5_0")
            + (allowed.ends_with("link") ? " or gpu/3/link/7" : allowed.ends_with("sm") ? " or gpu/3/sm/17" : allowed.ends_with("nic") && allowed.size() > 3 ? " or nic/mlx5_0" : "");
        if (!part || part->kind != YamlValue::Kind::Text)
            refuse(part ? *part : item, "found no part, " + expected);
        std::vector<std::string> words(1);
        for (const char letter : part->text.substr(0, 100)) {
            if (letter == '/')
                words.emplace_back();
            else
                words.back().push_back(letter);
        }
        const auto numberIn = [&](std::size_t at, int most) {
            int result = -1;
            const std::string &text = words[at];
            const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), result);
            if (error != std::errc() || rest != text.data() + text.size() || result < 0 || result >= most)
                refuse(*part, "found " + shown(*part) + ", but the number after \"" + words[at - 1] + "\" goes from 0 to " + std::to_string(most - 1));
            return result;
        };
        if (words.size() == 2 && words[0] == "nic" && allowed.find("nic") != allowed.npos) {
            const auto known = std::any_of(m_profile.nics.begin(), m_profile.nics.end(), [&](const Nic &nic) { return nic.name == words[1]; });
            if (!known)
                refuse(*part, "found " + shown(*part) + ", which is no adapter of this node");
            fault.nic = words[1];
            return;
        }
        if (words[0] != "gpu" || words.size() < 2 || allowed.find("gpu") == allowed.npos)
            refuse(*part, "found " + shown(*part) + ", " + expected);
        fault.gpu = numberIn(1, m_profile.gpus);
        if (words.size() == 4 && words[2] == "link" && allowed.ends_with("link"))
            fault.link = numberIn(3, std::max(1, m_profile.linksPerGpu));
        else if (words.size() == 4 && words[2] == "sm" && allowed.ends_with("sm"))
            fault.multiprocessor = numberIn(3, m_profile.sku->multiprocessors);
        else if (words.size() != 2)
            refuse(*part, "found " + shown(*part) + ", " + expected);
    }

    /// What can only be said when the whole fault is known.
    void check(const YamlValue &item, Fault &fault)
    {
        if (fault.kind == FaultKind::WrongArithmetic && fault.multiprocessor < 0)
            fault.multiprocessor = int(scramble({m_profile.seed, 0x53, std::uint64_t(fault.gpu)}) % std::uint64_t(m_profile.sku->multiprocessors));
        if (fault.kind == FaultKind::DeadNvlink) {
            fault.link = std::max(fault.link, 0);
            if (fault.link + int(fault.value) > m_profile.linksPerGpu)
                refuse(item, "found more dead links than there are, expected at most " + std::to_string(m_profile.linksPerGpu) + " from the first on");
        }
        if (fault.kind == FaultKind::SlowRail) {
            const auto nic = std::find_if(m_profile.nics.begin(), m_profile.nics.end(), [&](const Nic &each) { return each.name == fault.nic; });
            if (!nic->rail)
                refuse(item, "found adapter \"" + fault.nic + "\", which is no rail: nothing would show it");
        }
        const bool twice = std::any_of(m_profile.faults.begin(), m_profile.faults.end(), [&](const Fault &each) {
            return each.kind == fault.kind && each.gpu == fault.gpu && each.nic == fault.nic;
        });
        if (twice)
            refuse(item, "found this fault at this part already, expected it once");
    }

    const YamlValue &m_root;
    Profile m_profile;
};

} // namespace

std::optional<Profile> readProfile(const std::string &text, const std::string &file, std::string &error)
{
    const auto root = readYaml(text, file, error);
    if (!root)
        return std::nullopt;
    try {
        return Reader(*root).run();
    } catch (const Refused &refused) {
        error = placed(file, refused.line, refused.column, refused.what);
        return std::nullopt;
    }
}

std::optional<Profile> loadProfile(const std::string &nameOrFile, std::string &error)
{
    if (auto profile = builtInProfile(nameOrFile))
        return profile;
    constexpr std::streamsize mostBytes = 200'000; // more than readYaml() takes
    std::ifstream stream(nameOrFile, std::ios::binary);
    std::string text(std::size_t(mostBytes), '\0');
    stream.read(text.data(), mostBytes);
    if (stream.bad() || (!stream.eof() && stream.gcount() == 0)) {
        error = nameOrFile + ": no file that can be read, and no built-in profile: those are " + std::string(builtInProfileNames());
        return std::nullopt;
    }
    text.resize(std::size_t(stream.gcount()));
    return readProfile(text, nameOrFile, error);
}

} // namespace seatrial::engine::simulate
