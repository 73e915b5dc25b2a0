// SPDX-License-Identifier: Apache-2.0
#include "engine/device/verbs/verbs_library.h"

#include "engine/measure/text.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <dlfcn.h>

namespace seatrial::engine::verbs {

namespace {

constexpr const char *symbolVersion = "IBVERBS_1.1";

/// The functions of version 1.0 have the same names and other structures; a library without versions is not the real one.
void *find(void *library, const char *name)
{
    void *const versioned = ::dlvsym(library, name, symbolVersion);
    return versioned ? versioned : ::dlsym(library, name);
}

template<class Function> bool take(void *library, Function *&function, const char *name)
{
    function = reinterpret_cast<Function *>(find(library, name));
    return function != nullptr;
}

} // namespace

Outcome<Library> Library::open()
{
    const char *const chosen = std::getenv("SEATRIAL_IBVERBS");
    Library library;
    library.name = chosen && *chosen ? chosen : "libibverbs.so.1";
    void *const handle = ::dlopen(library.name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *const why = ::dlerror();
        return DeviceProblem{DeviceTrouble::NotPermitted,
                             "libibverbs cannot be opened (" + printable(std::string(why ? why : library.name).substr(0, 300)) +
                                 "): install rdma-core on the node (libibverbs1 and ibverbs-providers on Debian and Ubuntu, libibverbs on RHEL)"};
    }
    const char *missing = nullptr;
#define SEATRIAL_TAKE(function, result, symbol, parameters)                                                                                          \
    if (!take(handle, library.api.function, symbol) && !missing)                                                                                     \
        missing = symbol;
    SEATRIAL_VERBS_FUNCTIONS(SEATRIAL_TAKE)
#undef SEATRIAL_TAKE
    if (missing)
        return DeviceProblem{DeviceTrouble::NotPermitted,
                             printable(library.name) + " has no function " + missing + ": it is not the libibverbs of rdma-core; reinstall it"};
    take(handle, library.api.registerMemoryAt, "ibv_reg_mr_iova2");
    take(handle, library.api.statusText, "ibv_wc_status_str");
    return library;
}

std::string errnoText(int error)
{
    static constexpr std::array<std::pair<int, const char *>, 10> names{{{EACCES, "EACCES"},
                                                                         {EPERM, "EPERM"},
                                                                         {ENOMEM, "ENOMEM"},
                                                                         {EINVAL, "EINVAL"},
                                                                         {EIO, "EIO"},
                                                                         {ENODEV, "ENODEV"},
                                                                         {ENOSYS, "ENOSYS"},
                                                                         {EOPNOTSUPP, "EOPNOTSUPP"},
                                                                         {ETIMEDOUT, "ETIMEDOUT"},
                                                                         {EAGAIN, "EAGAIN"}}};
    std::string text = std::strerror(error);
    for (const auto &[number, name] : names) {
        if (number == error)
            return text + " (" + name + ")";
    }
    return text + " (errno " + std::to_string(error) + ")";
}

} // namespace seatrial::engine::verbs
