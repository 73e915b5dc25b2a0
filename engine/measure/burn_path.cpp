// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/burn_path.h"

namespace seatrial::engine {

#ifdef __x86_64__
extern const BurnKernel avx2FmaKernel;
extern const BurnKernel avx512FmaKernel;
extern const BurnKernel avx2IntegerKernel;
extern const BurnKernel avx512IntegerKernel;
extern const BurnKernel aesniKernel;
extern const BurnKernel vaesKernel;
#endif
extern const BurnKernel baselineIntegerKernel;
/// No kernel (run is null) where the baseline of the architecture has no fused multiply-add.
extern const BurnKernel baselineFmaKernel;

const std::array<std::uint64_t, burnSeeds> fmaGolden{
    0x26d7e0def80727cf, 0x4594b275c0e0e449, 0x2af11bedd348d5fe, 0x9aee8db5b039725f,
    0x17133edfbc7572d8, 0xc6f48ef4655038ba, 0x9154d2cbb12dc212, 0x6a76e21a814781bd,
};
const std::array<std::uint64_t, burnSeeds> integerGolden{
    0x78c4fa7e28543f03, 0xe093419ee26f27d0, 0xdde8ded582db5e32, 0x78013b2ea8a5f046,
    0xc2be36fedfe63fa3, 0x5a77cc7c8a2ec8fe, 0xb70ce6b4d709a709, 0x9ea8a15dd4fc85e3,
};
const std::array<std::uint64_t, burnSeeds> aesGolden{
    0x7b6b2dcce88483f2, 0x709114649cf92100, 0x3587155b39d797a7, 0x22c847b57a283087,
    0xe3660df2ba7cd68e, 0x342cc4d5bacdce56, 0xff36ef35f1ff7c1a, 0xb982bf49ee8ac2b2,
};

const std::vector<BurnKernel> &supportedFmaKernels()
{
    static const std::vector<BurnKernel> kernels = [] {
        std::vector<BurnKernel> found;
        if (baselineFmaKernel.run)
            found.push_back(baselineFmaKernel);
#ifdef __x86_64__
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
            found.push_back(avx2FmaKernel);
        if (__builtin_cpu_supports("avx512f"))
            found.push_back(avx512FmaKernel);
#endif
        return found;
    }();
    return kernels;
}

const std::vector<BurnKernel> &supportedIntegerKernels()
{
    static const std::vector<BurnKernel> kernels = [] {
        std::vector<BurnKernel> found{baselineIntegerKernel};
#ifdef __x86_64__
        if (__builtin_cpu_supports("avx2"))
            found.push_back(avx2IntegerKernel);
        if (__builtin_cpu_supports("avx512f"))
            found.push_back(avx512IntegerKernel);
#endif
        return found;
    }();
    return kernels;
}

const std::vector<BurnKernel> &supportedAesKernels()
{
    static const std::vector<BurnKernel> kernels = [] {
        std::vector<BurnKernel> found;
#ifdef __x86_64__
        if (__builtin_cpu_supports("aes"))
            found.push_back(aesniKernel);
        if (__builtin_cpu_supports("vaes") && __builtin_cpu_supports("avx512f"))
            found.push_back(vaesKernel);
#endif
        return found;
    }();
    return kernels;
}

const std::vector<BurnPath> &burnPaths()
{
    const auto widest = [](const std::vector<BurnKernel> &kernels) {
        return kernels.empty() ? std::nullopt : std::optional(kernels.back());
    };
    using protocol::Unit;
    static const std::vector<BurnPath> paths{
        {"mixed", "burn_", Unit::OperationsPerSecond, 1, "portions of mixed arithmetic", &burnGolden, supportedBurnKernels().back()},
        {"fma", "fma_", Unit::GigaflopsPerSecond, 2e-9 * fmaLanes * fmaRounds, "a fused multiply-add of doubles is two", &fmaGolden,
         widest(supportedFmaKernels())},
        {"integer", "integer_", Unit::OperationsPerSecond, 4. * (integerLanes + integerChains) * integerRounds,
         "multiply, add, rotate and exclusive-or are one each, of 32 bits in vectors and 64 bits beside", &integerGolden,
         widest(supportedIntegerKernels())},
        {"aes", "aes_", Unit::GigabytesPerSecond, 16e-9 * aesBlocks * aesRepeats, "bytes encrypted by AES-128", &aesGolden,
         widest(supportedAesKernels())},
    };
    return paths;
}

const BurnPath *findBurnPath(std::string_view name)
{
    for (const auto &path : burnPaths()) {
        if (path.name == name)
            return &path;
    }
    return nullptr;
}

} // namespace seatrial::engine
