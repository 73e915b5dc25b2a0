// SPDX-License-Identifier: Apache-2.0
#include "engine/device/cuda/multiplier.h"

#include "engine/device/cuda/dynamic_library.h"
#include "engine/device/cuda/kernel_words.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <vector>

namespace seatrial::engine::cuda {

namespace {

constexpr std::uint64_t kWorkspaceBytes = 64 << 20;
constexpr int kCandidates = 6;
constexpr double kLongTrialSeconds = 0.25; ///< a product as long as this is not tried in many ways
constexpr std::uint64_t kOperandSeed = 0x5EA7A1A100000001ull;

/// How numbers of one precision lie in memory, and which bits of random ones are fixed: exponents from 1/8 to 2.
struct Format {
    Precision precision;
    const char *name;
    int type;        ///< of A and B
    int productType; ///< of C
    int compute;
    int scaleType;
    int bytes;
    int productBytes;
    std::uint64_t keep;
    std::uint64_t set;
    int capability; ///< the first that has it, times 10
};

constexpr std::uint64_t twice(std::uint64_t half) { return half | half << 32; }
constexpr std::uint64_t fourTimes(std::uint64_t quarter) { return twice(quarter | quarter << 16); }
constexpr std::uint64_t eightTimes(std::uint64_t eighth) { return fourTimes(eighth | eighth << 8); }

constexpr std::array<Format, 7> kFormats = {{
    {Precision::Fp64, "fp64", kReal64F, kReal64F, kCompute64F, kReal64F, 8, 8, 0x803FFFFFFFFFFFFFull, 0x3FC0000000000000ull, 80},
    {Precision::Fp32, "fp32", kReal32F, kReal32F, kCompute32F, kReal32F, 4, 4, twice(0x81FFFFFFull), twice(0x3E000000ull), 80},
    {Precision::Tf32, "tf32", kReal32F, kReal32F, kCompute32F_FastTf32, kReal32F, 4, 4, twice(0x81FFFFFFull), twice(0x3E000000ull), 80},
    {Precision::Bf16, "bf16", kReal16BF, kReal16BF, kCompute32F, kReal32F, 2, 2, fourTimes(0x81FFull), fourTimes(0x3E00ull), 80},
    {Precision::Fp16, "fp16", kReal16F, kReal16F, kCompute32F, kReal32F, 2, 2, fourTimes(0x8FFFull), fourTimes(0x3000ull), 80},
    {Precision::Fp8, "fp8", kReal8F_E4M3, kReal16BF, kCompute32F, kReal32F, 1, 2, eightTimes(0x9Full), eightTimes(0x20ull), 89},
    {Precision::Int8, "int8", kReal8I, kReal32I, kCompute32I, kReal32I, 1, 4, ~0ull, 0, 80},
}};

const Format *formatOf(Precision precision)
{
    for (const Format &format : kFormats)
        if (format.precision == precision)
            return &format;
    return nullptr;
}

/// One and zero in the format that products are scaled in.
struct Factors {
    double real64[2] = {1, 0};
    float real32[2] = {1, 0};
    std::int32_t whole[2] = {1, 0};

    const void *factor(int scaleType, int which) const
    {
        if (scaleType == kReal64F)
            return real64 + which;
        return scaleType == kReal32I ? static_cast<const void *>(whole + which) : real32 + which;
    }
};
constexpr Factors kFactors;

std::string versionText(std::size_t version)
{
    // Two digits a part until 12.x: 120402 is 12.4.2; 11.x the same.
    return std::to_string(version / 10000) + '.' + std::to_string(version / 100 % 100) + '.' + std::to_string(version % 100);
}

} // namespace

struct Multiplier::Product {
    Product(const BlasApi &blas, const Multiplication &wanted, const Format &numbers) : api(blas), what(wanted), format(numbers) {}
    ~Product()
    {
        for (BlasLayout layout : {layoutA, layoutB, layoutC})
            if (layout != nullptr)
                api.destroyLayout(layout);
        if (operation != nullptr)
            api.destroyOperation(operation);
    }
    Product(const Product &) = delete;
    Product &operator=(const Product &) = delete;

    bool is(const Multiplication &other) const
    {
        return what.precision == other.precision && what.m == other.m && what.n == other.n && what.k == other.k;
    }

    const BlasApi &api;
    Multiplication what;
    const Format &format;
    std::unique_ptr<DeviceMemory> a, b, c, workspace;
    BlasOperation operation = nullptr;
    BlasLayout layoutA = nullptr, layoutB = nullptr, layoutC = nullptr;
    BlasCandidate chosen{};
    std::optional<std::uint64_t> digest; ///< of the product, once it was made
};

namespace {

CuAddress addressOf(const DeviceMemory &memory)
{
    return static_cast<const CudaMemory &>(memory).address();
}

void *pointerTo(const DeviceMemory &memory)
{
    return reinterpret_cast<void *>(addressOf(memory));
}

std::string findFunctions(const DynamicLibrary &library, BlasApi &api)
{
#define SEATRIAL_FIND(member, symbol, parameters)                                                                                           \
    if (!library.find(api.member, symbol))                                                                                                  \
        return symbol;
    SEATRIAL_BLAS_FUNCTIONS(SEATRIAL_FIND)
#undef SEATRIAL_FIND
    library.find(api.version, "cublasLtGetVersion");
    library.find(api.statusName, "cublasLtGetStatusName");
    return {};
}

std::string statusText(const BlasApi &api, BlasStatus status, const char *call)
{
    const char *const name = api.statusName != nullptr ? api.statusName(status) : nullptr;
    return std::string(call) + ": " + printable(name != nullptr ? name : "cuBLAS status") + " (" + std::to_string(status) + ')';
}

} // namespace

Multiplier::Multiplier(std::shared_ptr<Gpu> gpu, BlasApi api, BlasHandle handle, std::string version)
    : m_gpu(std::move(gpu))
    , m_api(api)
    , m_handle(handle)
    , m_version(std::move(version))
{
}

Multiplier::~Multiplier()
{
    const bool lost = m_gpu->enter().has_value();
    m_product.reset();
    if (!lost) // who is lost would not answer
        m_api.destroy(m_handle);
}

Outcome<std::unique_ptr<Multiplier>> Multiplier::open(std::shared_ptr<Gpu> gpu)
{
    if (Trouble trouble = gpu->enter())
        return *trouble;
    std::string reasons;
    const auto because = [&reasons](const std::string &reason) {
        if (reasons.find(reason) == std::string::npos)
            reasons += (reasons.empty() ? "" : "; ") + reason;
    };
    // A release for a newer driver may lie beside one that suits: each is tried.
    for (const char *soname : {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so.11"}) {
        const DynamicLibrary library = DynamicLibrary::open("SEATRIAL_CUBLASLT", withToolkitFolders({soname}));
        if (!library.isOpen()) {
            because(library.problem());
            continue;
        }
        BlasApi api;
        if (const std::string lacking = findFunctions(library, api); !lacking.empty()) {
            because(library.name() + " lacks " + lacking);
            continue;
        }
        BlasHandle handle = nullptr;
        if (const BlasStatus status = api.create(&handle); status != kBlasSuccess) {
            because(library.name() + ": " + statusText(api, status, "cublasLtCreate"));
            continue;
        }
        std::string version = "cuBLASLt " + (api.version != nullptr ? versionText(api.version()) : "?") + " (" + library.name() + ')';
        return std::unique_ptr<Multiplier>(new Multiplier(std::move(gpu), api, handle, std::move(version)));
    }
    return gpu->problem(DeviceTrouble::NotPresent, "cuBLASLt, which multiplies, cannot be used: " + reasons);
}

Trouble Multiplier::failed(BlasStatus status, const char *call) const
{
    if (status == kBlasSuccess)
        return {};
    // What really happened the driver knows better, if it was the GPU.
    if (Trouble trouble = m_gpu->wait())
        return trouble;
    const DeviceTrouble trouble = status == kBlasAllocFailed ? DeviceTrouble::OutOfMemory
        : status == kBlasNotSupported || status == kBlasArchMismatch ? DeviceTrouble::NotSupported
                                                                     : DeviceTrouble::Broken;
    return m_gpu->problem(trouble, statusText(m_api, status, call));
}

Outcome<double> Multiplier::multiply(const Multiplication &what, int times)
{
    if (what.m <= 0 || what.n <= 0 || what.k <= 0 || what.m % 16 != 0 || what.n % 16 != 0 || what.k % 16 != 0 || times <= 0)
        return m_gpu->problem(DeviceTrouble::NotSupported, "matrices are multiplied whose sides are multiples of 16");
    if (Trouble trouble = m_gpu->enter())
        return *trouble;
    if (Trouble trouble = prepare(what))
        return *trouble;
    const Outcome<double> seconds = m_gpu->timed([&]() -> Trouble {
        for (int i = 0; i < times; ++i)
            if (Trouble trouble = once(*m_product, m_product->chosen))
                return trouble;
        return {};
    });
    if (!seconds)
        return seconds;
    const Outcome<std::uint64_t> now = digest(*m_product);
    if (!now)
        return now.problem();
    if (m_product->digest && *m_product->digest != *now)
        return m_gpu->problem(DeviceTrouble::Broken, std::string("it multiplied the same matrices (") + m_product->format.name
                                  + ") twice by the same algorithm and got different products: it computes wrong, and says nothing");
    m_product->digest = *now;
    return seconds;
}

Trouble Multiplier::prepare(const Multiplication &what)
{
    if (m_product && m_product->is(what))
        return {};
    m_product.reset();
    const DeviceFacts &facts = m_gpu->facts();
    const Format *const format = formatOf(what.precision);
    if (format == nullptr)
        return m_gpu->problem(DeviceTrouble::NotSupported, "fp64 without matrix units cannot be asked of cuBLASLt, which uses them where they are");
    if (facts.capabilityMajor * 10 + facts.capabilityMinor < format->capability)
        return m_gpu->problem(DeviceTrouble::NotSupported, std::string("this model has no ") + format->name);
    auto product = std::make_unique<Product>(m_api, what, *format);
    for (Trouble (Multiplier::*const step)(Product &) const : {&Multiplier::takeOperands, &Multiplier::describe, &Multiplier::choose})
        if (Trouble trouble = (this->*step)(*product))
            return trouble;
    m_product = std::move(product);
    return {};
}

/// A is k × m, taken as its transpose, B is k × n: rows along k lie together, as every format's fastest algorithms want it.
Trouble Multiplier::takeOperands(Product &product) const
{
    const Format &format = product.format;
    const std::uint64_t m = static_cast<std::uint64_t>(product.what.m);
    const std::uint64_t n = static_cast<std::uint64_t>(product.what.n);
    const std::uint64_t k = static_cast<std::uint64_t>(product.what.k);
    struct Wanted {
        std::unique_ptr<DeviceMemory> *memory;
        std::uint64_t bytes;
        std::uint64_t seed; ///< 0: not filled
    };
    for (const Wanted &wanted : {Wanted{&product.a, m * k * format.bytes, kOperandSeed}, Wanted{&product.b, n * k * format.bytes, kOperandSeed + 2},
                                 Wanted{&product.c, m * n * format.productBytes, 0}, Wanted{&product.workspace, kWorkspaceBytes, 0}}) {
        Outcome<std::unique_ptr<DeviceMemory>> memory = CudaMemory::allocate(m_gpu, wanted.bytes, MemoryPlace::Device);
        if (!memory)
            return memory.problem();
        *wanted.memory = std::move(*memory);
        if (wanted.seed == 0)
            continue;
        const OperandWork work{addressOf(**wanted.memory), wanted.bytes / 8, wanted.seed, format.keep, format.set};
        if (Trouble trouble = m_gpu->launch(Kernel::Operands, &work))
            return trouble;
    }
    return m_gpu->wait();
}

Trouble Multiplier::describe(Product &product) const
{
    const Format &format = product.format;
    const auto m = static_cast<std::uint64_t>(product.what.m);
    const auto n = static_cast<std::uint64_t>(product.what.n);
    const auto k = static_cast<std::uint64_t>(product.what.k);
    if (Trouble trouble = failed(m_api.createOperation(&product.operation, format.compute, format.scaleType), "cublasLtMatmulDescCreate"))
        return trouble;
    const std::int32_t transposed = kTransposed;
    if (Trouble trouble = failed(m_api.setOperation(product.operation, kOperationTransA, &transposed, sizeof(transposed)),
                                 "cublasLtMatmulDescSetAttribute"))
        return trouble;
    if (format.precision == Precision::Fp8) {
        // As training does it; older releases do not know the attribute and do it anyhow.
        const std::int8_t fast = 1;
        m_api.setOperation(product.operation, kOperationFastAccum, &fast, sizeof(fast));
    }
    struct Wanted {
        BlasLayout *layout;
        int type;
        std::uint64_t rows, columns;
    };
    for (const Wanted &wanted : {Wanted{&product.layoutA, format.type, k, m}, Wanted{&product.layoutB, format.type, k, n},
                                 Wanted{&product.layoutC, format.productType, m, n}})
        if (Trouble trouble = failed(m_api.createLayout(wanted.layout, wanted.type, wanted.rows, wanted.columns, static_cast<std::int64_t>(wanted.rows)),
                                     "cublasLtMatrixLayoutCreate"))
            return trouble;
    return {};
}

/// The fastest of those that the library thinks fast: its order is a guess, and differs between releases.
Trouble Multiplier::choose(Product &product) const
{
    BlasPreference preference = nullptr;
    if (Trouble trouble = failed(m_api.createPreference(&preference), "cublasLtMatmulPreferenceCreate"))
        return trouble;
    const std::size_t workspace = kWorkspaceBytes;
    std::array<BlasCandidate, kCandidates> candidates{};
    int found = 0;
    BlasStatus status = m_api.setPreference(preference, kPreferenceWorkspace, &workspace, sizeof(workspace));
    if (status == kBlasSuccess)
        status = m_api.candidates(m_handle, product.operation, product.layoutA, product.layoutB, product.layoutC, product.layoutC, preference,
                                  kCandidates, candidates.data(), &found);
    m_api.destroyPreference(preference);
    if (Trouble trouble = failed(status, "cublasLtMatmulAlgoGetHeuristic"))
        return trouble;
    double best = 0;
    for (int i = 0; i < std::clamp(found, 0, kCandidates); ++i) {
        if (candidates[i].state != kBlasSuccess || candidates[i].workspaceBytes > kWorkspaceBytes)
            continue;
        const auto run = [&] { return once(product, candidates[i]); };
        if (const Outcome<double> warm = m_gpu->timed(run); !warm) {
            if (m_gpu->dead())
                return warm.problem();
            continue; // it was offered, and does not work after all
        }
        const Outcome<double> seconds = m_gpu->timed(run);
        if (!seconds)
            return seconds.problem();
        if (best == 0 || *seconds < best) {
            best = *seconds;
            product.chosen = candidates[i];
        }
        if (*seconds > kLongTrialSeconds)
            break;
    }
    if (best == 0)
        return m_gpu->problem(DeviceTrouble::NotSupported, std::string(m_version) + " offers no algorithm for " + product.format.name);
    return {};
}

Trouble Multiplier::once(const Product &product, const BlasCandidate &candidate) const
{
    const int scale = product.format.scaleType;
    return failed(m_api.multiply(m_handle, product.operation, kFactors.factor(scale, 0), pointerTo(*product.a), product.layoutA,
                                 pointerTo(*product.b), product.layoutB, kFactors.factor(scale, 1), pointerTo(*product.c), product.layoutC,
                                 pointerTo(*product.c), product.layoutC, &candidate.algorithm, pointerTo(*product.workspace), kWorkspaceBytes,
                                 m_gpu->stream()),
                  "cublasLtMatmul");
}

Outcome<std::uint64_t> Multiplier::digest(const Product &product) const
{
    std::uint64_t digest = 0;
    const DigestWork work{addressOf(*product.c), product.c->bytes() / 8, m_gpu->scratch()};
    if (Trouble trouble = m_gpu->clearScratch(sizeof(digest)))
        return *trouble;
    if (Trouble trouble = m_gpu->launch(Kernel::Digest, &work))
        return *trouble;
    if (Trouble trouble = m_gpu->readScratch(&digest, sizeof(digest)))
        return *trouble;
    return digest;
}

} // namespace seatrial::engine::cuda
