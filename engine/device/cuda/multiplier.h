// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/cuda/cublas_api.h"
#include "engine/device/cuda/cuda_memory.h"

#include <memory>
#include <optional>
#include <string>

namespace seatrial::engine::cuda {

/// Matrix products of one GPU by cuBLASLt, as found on the node. Keeps the operands of the last kind of product.
class Multiplier
{
public:
    /// NotPresent where the node has no cuBLASLt that works with its driver.
    static Outcome<std::unique_ptr<Multiplier>> open(std::shared_ptr<Gpu> gpu);
    ~Multiplier();
    Multiplier(const Multiplier &) = delete;
    Multiplier &operator=(const Multiplier &) = delete;

    /// Seconds of all. Broken if the same operands once gave another product than before.
    Outcome<double> multiply(const Multiplication &what, int times);
    /// "cuBLASLt 13.0.2 (libcublasLt.so.13)"
    const std::string &version() const { return m_version; }

private:
    struct Product; ///< operands, layouts and the algorithm of one kind of product

    Multiplier(std::shared_ptr<Gpu> gpu, BlasApi api, BlasHandle handle, std::string version);
    Trouble failed(BlasStatus status, const char *call) const;
    Trouble prepare(const Multiplication &what);
    Trouble takeOperands(Product &product) const;
    Trouble describe(Product &product) const;
    Trouble choose(Product &product) const;
    Trouble once(const Product &product, const BlasCandidate &candidate) const;
    Outcome<std::uint64_t> digest(const Product &product) const;

    std::shared_ptr<Gpu> m_gpu;
    BlasApi m_api;
    BlasHandle m_handle = nullptr;
    std::string m_version;
    std::unique_ptr<Product> m_product;
};

} // namespace seatrial::engine::cuda
