// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fcntl.h>
#include <unistd.h>

namespace seatrial::engine {

std::optional<std::string> readText(const std::filesystem::path &file, std::size_t limit)
{
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return std::nullopt;
    std::string text;
    char buffer[4096];
    ssize_t got = 0;
    while (text.size() < limit && (got = ::read(fd, buffer, std::min(sizeof buffer, limit - text.size()))) > 0)
        text.append(buffer, std::size_t(got));
    ::close(fd);
    if (got < 0)
        return std::nullopt;
    return text;
}

std::optional<std::string> readLine(const std::filesystem::path &file)
{
    const auto text = readText(file, 4096);
    if (!text)
        return std::nullopt;
    auto line = printable(trimmed(std::string_view(*text).substr(0, text->find('\n'))));
    if (line.empty())
        return std::nullopt;
    return line;
}

std::optional<std::int64_t> readInteger(const std::filesystem::path &file)
{
    const auto line = readLine(file);
    if (!line)
        return std::nullopt;
    return parseInteger(words(*line).front());
}

std::optional<std::int64_t> parseInteger(std::string_view text)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<double> parseNumber(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n\v\f";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

std::vector<std::string_view> words(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n";
    std::vector<std::string_view> parts;
    for (auto start = text.find_first_not_of(blanks); start != std::string_view::npos;) {
        const auto end = text.find_first_of(blanks, start);
        parts.push_back(text.substr(start, end == std::string_view::npos ? end : end - start));
        start = end == std::string_view::npos ? end : text.find_first_not_of(blanks, end);
    }
    return parts;
}

std::string_view valueOf(std::string_view text, std::string_view key)
{
    for (auto line : split(text, '\n')) {
        if (!line.starts_with(key))
            continue;
        line = trimmed(line.substr(key.size()));
        if (!line.empty() && (line.front() == ':' || line.front() == '='))
            return trimmed(line.substr(1));
    }
    return {};
}

std::string printable(std::string_view text)
{
    std::string clean(text);
    std::replace_if(clean.begin(), clean.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return clean;
}

std::string numberText(double value)
{
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    return error == std::errc{} ? std::string(buffer, end) : std::string("0");
}

std::string hexText(std::uint64_t value)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(16, '0');
    for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 4)
        *digit = digits[value & 15];
    return text;
}

std::vector<int> parseCpuList(std::string_view text)
{
    constexpr std::int64_t mostCpus = 1 << 16; // a list is data from outside: it may not decide how much we allocate
    std::vector<int> cpus;
    for (const auto part : split(trimmed(text), ',')) {
        const auto dash = part.find('-');
        const auto first = parseInteger(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : parseInteger(part.substr(dash + 1));
        if (!first || !last || *first < 0 || *last < *first || *last >= mostCpus)
            continue;
        for (auto cpu = *first; cpu <= *last; ++cpu)
            cpus.push_back(int(cpu));
    }
    return cpus;
}

std::string cpuListText(std::vector<int> cpus)
{
    std::sort(cpus.begin(), cpus.end());
    std::string text;
    for (std::size_t i = 0; i < cpus.size();) {
        std::size_t last = i;
        while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1)
            ++last;
        text += (text.empty() ? "" : ",") + std::to_string(cpus[i]);
        if (last > i)
            text += '-' + std::to_string(cpus[last]);
        i = last + 1;
    }
    return text;
}

} // namespace seatrial::engine
