// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/criteria.h"
#include "core/campaign/deployment.h"
#include "core/campaign/ramp.h"
#include "core/store/store.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace seatrial::gui {

// What main knows and the window does not: how nodes are reached, where history lies, what is installed. Functions
// are called on worker threads.
struct Tools {
    std::function<std::shared_ptr<campaign::LinkFactory>()> links;
    std::function<domain::Result<std::shared_ptr<campaign::Deployer>>()> deployer;
    std::function<domain::Result<std::shared_ptr<store::Store>>(const std::string& file)> openStore;
    std::function<std::vector<domain::Result<domain::Plan>>()> plans; // the built-in ones
    std::function<domain::Result<analysis::Criteria>()> criteria;
    std::function<domain::Result<std::filesystem::path>()> engine;
    campaign::RampTerms ramp; // how load comes onto many nodes unless a person says otherwise
    std::string operatorName;
    std::string defaultStore;
};

} // namespace seatrial::gui
