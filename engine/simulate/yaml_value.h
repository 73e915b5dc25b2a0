// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace seatrial::engine::simulate {

/// A value of a YAML file, and where it stands.
struct YamlValue {
    enum class Kind { Null, Text, List, Map };

    Kind kind = Kind::Null;
    std::string text;              ///< of a text
    std::vector<std::string> keys; ///< of a map, beside its items
    std::vector<YamlValue> keyPlaces; ///< where the keys stand
    std::vector<YamlValue> items;  ///< of a list or a map
    int line = 1;
    int column = 1;

    const YamlValue *find(std::string_view key) const;
};

/// "profile.yaml:3:9: …"
std::string placed(const std::string &file, int line, int column, const std::string &what);

/// The one document in @p yaml. Nothing, with the place and the reason in @p error, for what is no YAML, has aliases or a key
/// twice, or is larger than any profile can be. @p file is how it is called in that sentence.
std::optional<YamlValue> readYaml(const std::string &yaml, const std::string &file, std::string &error);

} // namespace seatrial::engine::simulate
