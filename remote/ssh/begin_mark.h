// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace seatrial::remote {

/// Login shells may print what they like before they run a command. A random mark, printed first by the command, says
/// where its own words begin.
class BeginMark
{
public:
    /// Words before the mark beyond this many bytes mean that it never comes.
    static constexpr std::size_t kMaxNoise = 4'000'000;

    BeginMark();

    /// The script that prints the mark to standard output and standard error, then goes on with @p script.
    std::string before(std::string_view script) const;

    /// Removes the words before the mark from the front of a stream.
    class Filter
    {
    public:
        explicit Filter(const BeginMark &mark) : m_mark(mark.m_text + "\n") {}
        /// What of @p bytes (or of held back ones) comes after the mark. Valid until the next call.
        std::string_view pass(std::string_view bytes);
        bool begun() const { return m_begun; }
        bool hopeless() const { return m_dropped > kMaxNoise; }
        /// The last of what came before the mark, as long as it has not come.
        const std::string &noise() const { return m_held; }
        /// Lines before the mark, and how they began.
        std::size_t noiseLines() const { return m_lines; }
        const std::string &noiseSample() const { return m_sample; }

    private:
        void count(std::string_view noise);

        std::string m_mark;
        std::string m_held;
        std::string m_sample;
        std::size_t m_lines = 0;
        bool m_inLine = false; ///< of noise
        std::string m_rest;
        std::size_t m_dropped = 0;
        bool m_begun = false;
    };

private:
    std::string m_text;
};

} // namespace seatrial::remote
