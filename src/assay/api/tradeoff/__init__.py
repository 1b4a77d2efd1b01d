"""Quality against cost: Pareto fronts of signed reports, and routing between stored runs."""
