// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "core/protocol/record.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::analysis {

/// One thing that is known of a model, with where it is known from.
struct SkuValue {
    double value = 0;
    protocol::Unit unit = protocol::Unit::None;
    std::string source; ///< document, tool, date: never empty
    std::string tool;   ///< what good figures were measured with; empty for what the vendor promises
};

/// What one model of GPU promises, and what good ones were measured at.
struct Sku {
    std::string id;    ///< "h100-sxm"
    std::string title; ///< "NVIDIA H100 SXM5, 80 GB"
    std::vector<std::string> names;   ///< as NVML gives them; * and ? stand for what varies
    std::vector<std::string> devices; ///< PCI vendor and device: "10de:2330"
    std::map<std::string, SkuValue, std::less<>> values; ///< by the names of docs/criteria.md

    const SkuValue *find(std::string_view value) const;
};

/// All models that are known.
struct SkuCatalog {
    std::vector<Sku> skus;

    /// The model of a part of kind gpu: by its name, else by its PCI device; nullptr: none of them.
    const Sku *of(const protocol::Part &gpu) const;
};

/// Reads all *.yaml of @p folder (version 1; docs/criteria.md). Refused with file:line:column: a value that is not known by that
/// name, a wrong unit, no source, a figure above what is physically possible, values that contradict each other, a
/// model that two files recognise. A folder that is not there is an error.
domain::Result<SkuCatalog> loadSkus(const std::filesystem::path &folder);
domain::Result<Sku> parseSku(const std::string &yaml, const std::filesystem::path &source);

} // namespace seatrial::analysis
