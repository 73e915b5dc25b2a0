// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/device/cuda/kernel_words.h"
#include "tests/mock_cuda/host_arithmetic.h"
#include "tests/mock_cuda/mock_driver.h"

#include <cstring>

using namespace seatrial::engine::cuda;

namespace seatrial::tests {

namespace {

constexpr CuResult kDone = kSuccess;

template <class Work>
const Work &as(const void *work)
{
    return *static_cast<const Work *>(work);
}

CuResult stream(int kernel, const StreamWork &work)
{
    const std::uint64_t words = 2 * work.chunks;
    const auto to = wordsAt(work.to, words);
    const auto a = wordsAt(work.a, words);
    const auto b = wordsAt(work.b, words);
    if (to.empty() || a.empty() || b.empty())
        return kIllegalAddress;
    if (kernel == 0)
        return kDone;
    for (std::uint64_t at = 0; at < words; ++at)
        to[at] = streamWord(static_cast<std::uint64_t>(kernel), work.token, a[at], b[at]);
    if (mock().wrongKernel == std::array{"", "seatrial_write", "seatrial_copy", "seatrial_scale", "seatrial_add", "seatrial_triad"}[kernel])
        to[words - 1] ^= 0x10;
    return kDone;
}

CuResult streamCheck(const StreamCheckWork &work)
{
    const auto to = wordsAt(work.stream.to, 2 * work.stream.chunks);
    const auto a = wordsAt(work.stream.a, 2 * work.stream.chunks);
    const auto b = wordsAt(work.stream.b, 2 * work.stream.chunks);
    const auto wrong = wordsAt(work.wrong, 1);
    if (to.empty() || a.empty() || b.empty() || wrong.empty())
        return kIllegalAddress;
    for (std::uint64_t at = 2 * work.firstChunk; at < 2 * (work.firstChunk + work.pieceChunks); ++at)
        wrong[0] += to[at] != streamWord(work.kernel, work.stream.token, a[at], b[at]);
    return kDone;
}

CuResult fill(const PatternWork &work)
{
    const auto memory = wordsAt(work.memory, work.words);
    if (memory.empty())
        return kIllegalAddress;
    for (std::uint64_t at = 0; at < work.words; ++at)
        memory[at] = patternWord(work.seed, at);
    if (mock().flipWord / 8 < work.words)
        memory[mock().flipWord / 8] ^= std::uint64_t(1) << 33;
    return kDone;
}

CuResult verify(const PatternWork &work)
{
    const auto memory = wordsAt(work.memory, work.words);
    const auto place = wordsAt(work.box, sizeof(MiscompareBox) / 8);
    if (memory.empty() || place.empty())
        return kIllegalAddress;
    MiscompareBox &box = *reinterpret_cast<MiscompareBox *>(place.data());
    for (std::uint64_t at = work.words; at-- > 0;) { // backwards: nothing may depend on the order
        const std::uint64_t expected = patternWord(work.seed, at);
        if (memory[at] != expected && box.wrong++ < kListedMiscompares)
            box.entries[box.wrong - 1] = {at, expected, memory[at], memory[at]};
    }
    return kDone;
}

CuResult readAgain(const PatternWork &work)
{
    const auto memory = wordsAt(work.memory, work.words);
    MiscompareBox &box = *reinterpret_cast<MiscompareBox *>(work.box);
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(box.wrong, kListedMiscompares); ++i)
        box.entries[i].foundAgain = mock().flipHeals ? box.entries[i].expected : memory[box.entries[i].place];
    return kDone;
}

CuResult operands(const OperandWork &work)
{
    const auto memory = wordsAt(work.memory, work.words);
    if (memory.empty())
        return kIllegalAddress;
    for (std::uint64_t at = 0; at < work.words; ++at)
        memory[at] = (randomWord(work.seed, at) & work.keep) | work.set;
    return kDone;
}

CuResult digest(const DigestWork &work)
{
    const auto memory = wordsAt(work.memory, work.words);
    const auto sum = wordsAt(work.digest, 1);
    if (memory.empty() || sum.empty())
        return kIllegalAddress;
    for (std::uint64_t at = 0; at < work.words; ++at)
        sum[0] += mixed(memory[at] + at * 0x9E3779B97F4A7C15ull);
    return kDone;
}

CuResult arithmetic(engine::ArithmeticPath path, const ArithmeticWork &work, unsigned blocks)
{
    const auto place = wordsAt(work.cells, kMostMultiprocessors * 2);
    if (place.empty())
        return kIllegalAddress;
    auto *const cells = reinterpret_cast<ArithmeticCell *>(place.data());
    const std::uint64_t right = blockDigest(path, work.seed, work.steps);
    for (int number = 0; number < static_cast<int>(blocks); ++number) {
        if (number == mock().leftOutOnce) {
            mock().leftOutOnce = -1;
            continue;
        }
        if (cells[number].claimed != 0)
            continue;
        cells[number] = {1, right + (number == mock().wrongMultiprocessor ? 1 : 0)};
    }
    return kDone;
}

CuResult addends(const SumWork &work)
{
    if (!isMemory(work.memory, work.count * sizeof(float)))
        return kIllegalAddress;
    for (std::uint64_t at = 0; at < work.count; ++at)
        reinterpret_cast<float *>(work.memory)[at] = addend(work.seed, work.rank, at);
    return kDone;
}

CuResult sumCheck(const SumWork &work)
{
    const auto wrong = wordsAt(work.wrong, 1);
    if (wrong.empty() || !isMemory(work.memory, work.count * sizeof(float)))
        return kIllegalAddress;
    for (std::uint64_t at = 0; at < work.count; ++at) {
        float expected = 0;
        for (std::uint64_t rank = 0; rank < work.rank; ++rank)
            expected += addend(work.seed, rank, at);
        wrong[0] += reinterpret_cast<const float *>(work.memory)[at] != expected;
    }
    return kDone;
}

} // namespace

CuResult runKernel(const std::string &name, unsigned blocks, unsigned threads, unsigned sharedBytes, const void *work)
{
    using engine::ArithmeticPath;
    static const std::map<std::string, int> streams = {{"seatrial_read", 0},  {"seatrial_write", 1}, {"seatrial_copy", 2},
                                                       {"seatrial_scale", 3}, {"seatrial_add", 4},   {"seatrial_triad", 5}};
    static const std::map<std::string, ArithmeticPath> paths = {{"seatrial_arithmetic_fp32", ArithmeticPath::Fp32},
                                                                {"seatrial_arithmetic_fp64", ArithmeticPath::Fp64},
                                                                {"seatrial_arithmetic_integer", ArithmeticPath::Integer},
                                                                {"seatrial_arithmetic_tensor", ArithmeticPath::Tensor}};
    mock().blocksOf[name] = blocks;
    if (const auto found = streams.find(name); found != streams.end())
        return stream(found->second, as<StreamWork>(work));
    if (const auto found = paths.find(name); found != paths.end()) {
        // A second block on a multiprocessor would find its cell taken: only that much shared memory keeps it away.
        const bool alone = threads == kArithmeticThreads && sharedBytes > 233472 / 2;
        return alone ? arithmetic(found->second, as<ArithmeticWork>(work), blocks) : kLaunchFailed;
    }
    if (threads != kBlockThreads)
        return kLaunchFailed;
    if (name == "seatrial_stream_check")
        return streamCheck(as<StreamCheckWork>(work));
    if (name == "seatrial_fill")
        return fill(as<PatternWork>(work));
    if (name == "seatrial_verify")
        return verify(as<PatternWork>(work));
    if (name == "seatrial_read_again")
        return readAgain(as<PatternWork>(work));
    if (name == "seatrial_operands")
        return operands(as<OperandWork>(work));
    if (name == "seatrial_digest")
        return digest(as<DigestWork>(work));
    if (name == "seatrial_addends")
        return addends(as<SumWork>(work));
    if (name == "seatrial_sum_check")
        return sumCheck(as<SumWork>(work));
    return kNotFound;
}

} // namespace seatrial::tests
