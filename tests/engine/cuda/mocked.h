// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/device/machine.h"
#include "tests/engine/measure/file_tree.h"
#include "tests/mock_cuda/mock_cuda.h"

#include <memory>

namespace seatrial::tests {

/// The state of the mock, as new; from now on it is what a machine finds as driver and libraries.
MockCuda &freshMock();

/// Whether the engine under test has kernels; with it off it is one that was built without nvcc.
void setKernels(bool present);

/// A node with a mocked driver and the PCI devices of its GPUs below /sys.
class MockedNode
{
public:
    MockedNode();
    engine::Machine &machine() { return *m_machine; }
    MockCuda &mock() { return m_mock; }
    const FileTree &tree() const { return m_tree; }
    /// A GPU that has to open.
    std::unique_ptr<engine::Device> open(int gpu = 0);
    /// Why it does not open; "" if it does.
    engine::DeviceProblem refusal(int gpu = 0);

private:
    MockCuda &m_mock;
    FileTree m_tree;
    std::unique_ptr<engine::Machine> m_machine;
};

} // namespace seatrial::tests
