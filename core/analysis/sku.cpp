// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/sku.h"

#include "core/analysis/figures.h"

#include <algorithm>

namespace seatrial::analysis {

namespace {

std::string attribute(const protocol::Part &part, const char *name)
{
    const auto found = part.attributes.find(name);
    return found == part.attributes.end() ? std::string() : found->second;
}

/// "10de:2330" however it was written: "0x10de:0x2330", "10DE:2330".
std::string plainDevice(std::string_view text)
{
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at).starts_with("0x") || text.substr(at).starts_with("0X"))
            ++at;
        else
            plain += text[at] >= 'A' && text[at] <= 'Z' ? char(text[at] - 'A' + 'a') : text[at];
    }
    return plain;
}

} // namespace

const SkuValue *Sku::find(std::string_view value) const
{
    const auto found = values.find(value);
    return found == values.end() ? nullptr : &found->second;
}

const Sku *SkuCatalog::of(const protocol::Part &gpu) const
{
    for (const std::string &name : {gpu.model, attribute(gpu, "name")}) {
        for (const Sku &sku : skus) {
            if (!name.empty() && std::ranges::any_of(sku.names, [&](const std::string &known) { return globMatches(known, name); }))
                return &sku;
        }
    }
    for (const std::string &device : {attribute(gpu, "pci_device"), gpu.model}) {
        for (const Sku &sku : skus) {
            if (!device.empty() && std::ranges::find(sku.devices, plainDevice(device)) != sku.devices.end())
                return &sku;
        }
    }
    return nullptr;
}

} // namespace seatrial::analysis
