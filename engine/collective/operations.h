// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/collective/job.h"
#include "engine/collective/mesh.h"

#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace seatrial::engine::collective {

/// One operation with its buffers, ready to be done again and again. Throws where Gloo does.
struct Prepared {
    std::function<void()> once;
    std::string_view method; ///< which algorithm it is, for whoever compares figures
};

/// The buffers have the sizes of @p shape and outlive what is prepared.
Prepared prepare(const std::shared_ptr<Mesh> &mesh, const Stage &stage, const Shape &shape, std::span<std::uint32_t> input,
                 std::span<std::uint32_t> output);

/// Returns when all ranks have come.
void meetAll(const std::shared_ptr<Mesh> &mesh);
/// Of each figure the largest that any rank has.
void largestOfAll(const std::shared_ptr<Mesh> &mesh, std::span<double> figures);

} // namespace seatrial::engine::collective
