// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/importers/open_fleet.h"

#include "core/domain/yaml_reader.h"
#include "core/importers/host_list.h"
#include "core/importers/ssh_config_hosts.h"

namespace seatrial::importers {

using namespace domain;

namespace {

/// The first line that says something.
std::string_view firstLine(std::string_view text)
{
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
        if (!line.empty() && !line.starts_with('#'))
            return line;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return {};
}

bool isYaml(const std::filesystem::path &file, std::string_view first)
{
    const std::string extension = file.extension().string();
    if (extension == ".yaml" || extension == ".yml" || extension == ".json")
        return true;
    return first.starts_with('{') || first.starts_with("---") || first.starts_with("version:") || first.starts_with("name:")
        || first.starts_with("racks:") || first.starts_with("nodes:");
}

/// "[gpu]" of an Ansible inventory; "[1-4]n" would be a node set.
bool isAnsible(std::string_view first)
{
    const auto end = first.find(']');
    return first.starts_with('[') && end != std::string_view::npos && first.find_first_not_of(" \t\r", end + 1) == std::string_view::npos
        && first.substr(1, end - 1).find_first_not_of("0123456789-,/") != std::string_view::npos;
}

} // namespace

Result<OpenedFleet> openFleet(const std::filesystem::path &file)
{
    const auto text = YamlReader::readFile(file, "inventory");
    if (!text)
        return std::unexpected(text.error());
    const std::string_view first = firstLine(*text);
    if (isYaml(file, first)) {
        auto fleet = parseFleet(*text, file);
        if (!fleet)
            return std::unexpected(fleet.error());
        return OpenedFleet{std::move(*fleet), {}};
    }
    if (isAnsible(first))
        return std::unexpected(Failure{.stage = Stage::Input,
                                       .kind = FailureKind::Unsupported,
                                       .what = file.string() + ": this looks like an inventory of Ansible, which is not read yet",
                                       .attempted = "telling what kind of file it is",
                                       .advice = "List the hosts, a node set a line: ansible all -i " + file.string()
                                               + " --list-hosts | tail -n +2 > hosts"});
    if (isSshConfig(*text))
        return parseSshConfigHosts(*text, file);
    return parseHostList(*text, file);
}

} // namespace seatrial::importers
