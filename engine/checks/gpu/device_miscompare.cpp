// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/device_miscompare.h"

#include "engine/measure/text.h"

namespace seatrial::engine {

namespace {

constexpr int mostBitsNamed = 8;

std::string bitsOf(std::uint64_t wrong)
{
    const int count = __builtin_popcountll(wrong);
    if (count > mostBitsNamed)
        return std::to_string(count) + " bits";
    std::string text;
    for (int bit = 0; bit < 64; ++bit) {
        if (wrong >> bit & 1)
            text += (text.empty() ? "" : ", ") + std::to_string(bit);
    }
    return (count == 1 ? "bit " : "bits ") + text;
}

} // namespace

std::string describe(const DeviceMiscompare &wrong, const std::string &where)
{
    const char *const again = wrong.foundAgain == wrong.expected ? "read again it was right: it was lost on the way"
        : wrong.foundAgain == wrong.found                        ? "read again it was still wrong"
                                                                 : "read again it was wrong in another way";
    return "GPU memory is wrong at byte offset " + std::to_string(wrong.offset) + " of " + where + ": 0x" + hexText(wrong.found) + " instead of 0x"
        + hexText(wrong.expected) + ", " + bitsOf(wrong.expected ^ wrong.found) + " flipped; " + again;
}

CheckResult tellMiscompares(const Reporter &reporter, const std::string &subject, const VerifyReport &report, const std::string &where, std::uint64_t seed)
{
    for (const auto &wrong : report.first)
        reporter.event(protocol::Severity::Error, "gpu.miscompare", subject, describe(wrong, where) + ".",
                       {{"offset", std::to_string(wrong.offset)},
                        {"expected", hexText(wrong.expected)},
                        {"found", hexText(wrong.found)},
                        {"found_again", hexText(wrong.foundAgain)},
                        {"flipped", hexText(wrong.expected ^ wrong.found)},
                        {"seed", hexText(seed)}});
    const std::string first = report.first.empty() ? "GPU memory is wrong in " + where : describe(report.first.front(), where);
    return CheckResult::failed(first + (report.wrong > 1 ? "; " + std::to_string(report.wrong) + " words were wrong in all" : ""));
}

} // namespace seatrial::engine
