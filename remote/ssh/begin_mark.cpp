// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/begin_mark.h"

#include <algorithm>
#include <random>

namespace seatrial::remote {

BeginMark::BeginMark() : m_text("seatrial-begin-")
{
    static constexpr char digits[] = "0123456789abcdef";
    std::random_device random;
    for (int i = 0; i < 16; ++i)
        m_text += digits[random() % 16];
}

std::string BeginMark::before(std::string_view script) const
{
    return "printf '%s\\n' " + m_text + "; printf '%s\\n' " + m_text + " >&2\n" + std::string(script);
}

std::string_view BeginMark::Filter::pass(std::string_view bytes)
{
    if (m_begun)
        return bytes;
    m_held += bytes;
    const std::size_t at = m_held.find(m_mark);
    if (at != std::string::npos) {
        m_begun = true;
        count(std::string_view(m_held).substr(0, at));
        m_lines += m_inLine; // a prompt without its line end
        m_rest = m_held.substr(at + m_mark.size());
        m_held.clear();
        return m_rest;
    }
    constexpr std::size_t keep = 1'000;
    if (m_held.size() > keep) {
        m_dropped += m_held.size() - keep;
        count(std::string_view(m_held).substr(0, m_held.size() - keep));
        m_held.erase(0, m_held.size() - keep);
    }
    return {};
}

void BeginMark::Filter::count(std::string_view noise)
{
    constexpr std::size_t sample = 200;
    m_sample += noise.substr(0, sample - std::min(sample, m_sample.size()));
    m_lines += static_cast<std::size_t>(std::count(noise.begin(), noise.end(), '\n'));
    if (!noise.empty())
        m_inLine = noise.back() != '\n';
}

} // namespace seatrial::remote
