// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace seatrial::analysis {

/// The files of resources/xid, taken into the program when it is built.
struct XidTables {
    std::string_view catalog, nvlink5, actions, judgement, others;
};
const XidTables &xidTables();

} // namespace seatrial::analysis
