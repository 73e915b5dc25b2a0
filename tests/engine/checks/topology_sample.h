// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/engine/checks/pci_builder.h"

#include <QRegularExpression>
#include <QString>
#include <QStringList>

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

namespace seatrial::tests {

/// What `nvidia-smi topo -m` printed on some machine, and a tree of /sys that such a machine may have.
struct TopologySample {
    QStringList names; ///< "GPU0", …, "NIC0" or "mlx5_0"
    std::vector<QStringList> words;
    std::map<QString, QString> cpus; ///< by name, GPUs only
    std::map<QString, QString> numa; ///< "N/A" too; empty where this column is not there
    std::map<QString, QString> own;  ///< GPU NUMA ID, the same way

    int size() const { return int(names.size()); }
    bool isGpu(int index) const { return names[index].startsWith("GPU"); }
    bool joined(int a, int b, std::initializer_list<const char *> any) const
    {
        return a == b || std::ranges::any_of(any, [&](const char *word) { return words[std::size_t(a)][b] == word; });
    }
};

inline TopologySample parseTopology(QString text)
{
    text.remove(QRegularExpression(QStringLiteral("\x1b\\[[0-9;]*m")));
    TopologySample sample;
    bool hasNuma = false, hasOwn = false;
    for (const QString &line : text.split('\n')) {
        QStringList tokens = line.split(QRegularExpression("\\s+"), Qt::SkipEmptyParts);
        if (sample.names.isEmpty()) {
            if (tokens.value(0) != "GPU0" || !tokens.contains("CPU"))
                continue;
            sample.names = tokens.mid(0, tokens.indexOf("CPU"));
            hasNuma = tokens.contains("NUMA");
            hasOwn = line.contains("GPU NUMA ID");
        } else if (sample.names.contains(tokens.value(0)) && tokens.size() > sample.size() && sample.words.size() < std::size_t(sample.size())) {
            sample.words.push_back(tokens.mid(1, sample.size()));
            if (tokens.size() > sample.size() + 1)
                sample.cpus[tokens[0]] = tokens[sample.size() + 1];
            if (hasNuma && tokens.size() > sample.size() + 2)
                sample.numa[tokens[0]] = tokens[sample.size() + 2];
            if (hasOwn && tokens.size() > sample.size() + 3)
                sample.own[tokens[0]] = tokens[sample.size() + 3];
        }
    }
    return sample;
}

/// Numbers for the groups that @p together makes of the sample's members.
template<typename Together>
std::vector<int> groups(const TopologySample &sample, Together together)
{
    std::vector<int> group(std::size_t(sample.size()));
    std::iota(group.begin(), group.end(), 0);
    for (int one = 0; one < sample.size(); ++one) {
        for (int other = 0; other < sample.size(); ++other) {
            if (together(one, other)) // two groups become one
                std::ranges::replace(group, int(group[std::size_t(other)]), int(group[std::size_t(one)]));
        }
    }
    return group;
}

/// Makes a tree in which the members of @p sample are as far apart as its words say. Their addresses, in their order.
inline std::vector<std::string> buildTree(const TopologySample &sample, PciBuilder &tree)
{
    const auto number = [](const char *format, auto... values) {
        char text[32];
        std::snprintf(text, sizeof text, format, values...);
        return std::string(text);
    };
    // Where NVLinks hide the way through PCIe, GPUs near the same processors have host bridges of one NUMA node.
    const auto sameCpus = [&](int a, int b) {
        const auto one = sample.cpus.find(sample.names[a]), other = sample.cpus.find(sample.names[b]);
        return one != sample.cpus.end() && other != sample.cpus.end() && one->second == other->second && sample.words[std::size_t(a)][b].startsWith("NV");
    };
    const auto numa = groups(sample, [&](int a, int b) { return sameCpus(a, b) || sample.joined(a, b, {"PIX", "PXB", "PHB", "NODE"}); });
    const auto host = groups(sample, [&](int a, int b) { return sample.joined(a, b, {"PIX", "PXB", "PHB"}); });
    const auto tower = groups(sample, [&](int a, int b) { return sample.joined(a, b, {"PIX", "PXB"}); });
    const auto lowest = groups(sample, [&](int a, int b) { return sample.joined(a, b, {"PIX"}); });

    // Two NUMA groups that call themselves by one number: the firmware does not say where devices are.
    std::map<QString, int> called;
    bool silent = false;
    for (int index = 0; index < sample.size(); ++index) {
        const auto name = sample.numa.find(sample.names[index]);
        if (name == sample.numa.end())
            continue;
        const auto [known, isNew] = called.emplace(name->second, numa[std::size_t(index)]);
        silent |= name->second == "N/A" || (!isNew && known->second != numa[std::size_t(index)]);
    }
    if (!called.contains("N/A")) {
        for (const auto &[name, group] : called)
            tree.numaNode(name.section(',', 0, 0).toInt(), "0-127");
    }
    std::map<int, int> numbers; ///< NUMA group to number
    for (int index = 0; index < sample.size(); ++index) {
        if (const auto name = sample.numa.find(sample.names[index]); name != sample.numa.end() && name->second != "N/A")
            numbers[numa[std::size_t(index)]] = name->second.section(',', 0, 0).toInt();
    }
    std::vector<std::string> addresses;
    for (int index = 0; index < sample.size(); ++index) {
        const auto at = std::size_t(index);
        const int bus = 0x10 + host[at];
        std::vector<std::string> path{number("pci0000:%02x", unsigned(bus)), number("0000:%02x:%02x.0", unsigned(bus), unsigned(1 + tower[at] % 31))};
        const auto count = [&](const std::vector<int> &groups) { return std::ranges::count(groups, groups[at]); };
        if (count(tower) > count(lowest)) { // a switch above switches
            path.push_back(number("0001:%02x:00.0", unsigned(0x10 + tower[at])));
            path.push_back(number("0001:%02x:01.0", unsigned(0x40 + lowest[at])));
        }
        if (count(lowest) > 1) {
            path.push_back(number("0002:%02x:00.0", unsigned(0x10 + lowest[at])));
            path.push_back(number("0002:%02x:%02x.0", unsigned(0x40 + lowest[at]), unsigned(index % 31)));
        }
        path.push_back(number("0003:%02x:00.0", unsigned(index + 1)));
        const auto cpus = sample.cpus.find(sample.names[index]);
        const int numaNode = silent ? -1 : numbers.contains(numa[at]) ? numbers[numa[at]] : called.empty() ? numa[at] : 100 + numa[at];
        tree.add(path, sample.isGpu(index) ? PciBuilder::kGpu : PciBuilder::kNic, numaNode, cpus == sample.cpus.end() ? "" : cpus->second.toStdString());
        if (!sample.isGpu(index))
            tree.adapter("mlx5_" + std::to_string(addresses.size()));
        addresses.push_back(path.back());
    }
    return addresses;
}

} // namespace seatrial::tests
