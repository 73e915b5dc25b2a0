// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/shared_state.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <type_traits>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace seatrial::engine::simulate {

static_assert(std::is_trivially_copyable_v<NodeState> && std::is_standard_layout_v<NodeState>);

namespace {

/// A lock of the process, not of the descriptor: a forked child shares the descriptor and must wait all the same.
void lockFile(int file, short kind)
{
    struct flock whole {};
    whole.l_type = kind;
    whole.l_whence = SEEK_SET;
    while (::fcntl(file, F_SETLKW, &whole) != 0 && errno == EINTR) {
    }
}

} // namespace

std::unique_ptr<SharedState> SharedState::open(const std::filesystem::path &path, std::uint64_t fingerprint, std::string &error)
{
    const auto fail = [&](int file, const std::string &what) {
        error = "the state of the simulated node " + what;
        if (file >= 0)
            ::close(file);
        return nullptr;
    };
    const int file = path.empty() ? ::memfd_create("seatrial-simulated", MFD_CLOEXEC)
                                  : ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return fail(file, "cannot be kept in " + path.string() + ": " + std::strerror(errno));
    lockFile(file, F_WRLCK);
    struct stat status {};
    const bool sized = ::fstat(file, &status) == 0 && (status.st_size == sizeof(NodeState) || (status.st_size == 0 && ::ftruncate(file, sizeof(NodeState)) == 0));
    if (!sized)
        return fail(file, "in " + path.string() + " is not one of this engine");
    void *memory = ::mmap(nullptr, sizeof(NodeState), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED)
        return fail(file, "cannot be mapped: " + std::string(std::strerror(errno)));
    auto *node = static_cast<NodeState *>(memory);
    if (node->magic == 0) {
        *node = NodeState();
        node->fingerprint = fingerprint;
        node->magic = NodeState::rightMagic;
    }
    const bool ours = node->magic == NodeState::rightMagic && node->fingerprint == fingerprint;
    lockFile(file, F_UNLCK);
    if (!ours) {
        ::munmap(memory, sizeof(NodeState));
        return fail(file, "in " + path.string() + " is of another profile: a run keeps the one that it was begun with");
    }
    return std::unique_ptr<SharedState>(new SharedState(file, node));
}

SharedState::~SharedState()
{
    ::munmap(m_node, sizeof(NodeState));
    ::close(m_file);
}

SharedState::Access::Access(SharedState &state)
    : m_state(state)
    , m_threads(state.m_mutex)
{
    lockFile(state.m_file, F_WRLCK);
}

SharedState::Access::~Access()
{
    lockFile(m_state.m_file, F_UNLCK);
}

void SharedState::happened(NodeState &node, int gpu, std::uint32_t xid, double seconds)
{
    node.event[node.events++ % NodeState::mostEvents] = {gpu, xid, seconds};
}

} // namespace seatrial::engine::simulate
