//! `cargo xtask voucher`: a token of the local stand-in for PDND.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Args, FromArgMatches};
use pdnd::{Claim, Claims, Defect, PartnerClaims, Standin, fixed};
use xtask::{Context, Result, paths};

/// The token that is wanted.
#[derive(Args)]
#[command(
    after_help = "The keys are made at the first use and kept under target/pdnd. Nothing but the token is printed, \
    so that it can be used in place:\n  \
    curl -H \"authorization: Bearer $(cargo xtask voucher --api IFS02)\" …\n\
    At most one defect may be asked for; without any the token is good. CLAIM is one of client_id, consumerId, purposeId, \
    jti, producerId, eserviceId, descriptorId."
)]
pub struct Arguments {
    /// The API that it is for: IFS01 to IFS09. Audience, e-service and descriptor follow from it.
    #[arg(long, value_parser = api)]
    api: u8,
    /// Who calls: `consumerId`.
    #[arg(long, value_name = "UUID", default_value = fixed::CONSUMER)]
    consumer: String,
    /// The consumer's PDND client: `client_id` and `sub`. Of a partner's token: `sub`.
    #[arg(long, value_name = "UUID", default_value = fixed::CLIENT)]
    client: String,
    /// What for: `purposeId`.
    #[arg(long, value_name = "UUID", default_value = fixed::PURPOSE)]
    purpose: String,
    /// How long it lasts.
    #[arg(long, value_name = "SECONDS", default_value_t = pdnd::LASTS, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    lasts: u64,
    /// A token that the pinned partner signs itself (ID_AUTH_REST_01 without PDND), in place of a voucher.
    #[arg(long)]
    partner: bool,
    /// With PDND's claims written into it by the partner.
    #[arg(long, requires = "partner")]
    forged: bool,
    /// The token of PDND's probing of `GET /status`, in place of a voucher.
    #[arg(long, conflicts_with_all = ["partner", "defect"])]
    probing: bool,
    #[command(flatten)]
    defect: Wanted,
}

/// The one defect that is wanted, or none: a flag for each.
struct Wanted(Defect);

impl Args for Wanted {
    fn augment_args(command: clap::Command) -> clap::Command {
        let heading = "Defects";
        let simple = Defect::SIMPLE.into_iter().map(|(_, name, help)| {
            Arg::new(name).long(name).help(help).help_heading(heading).action(ArgAction::SetTrue)
        });
        let striking = Defect::STRIKING.into_iter().map(|(_, name, help)| {
            let claims = PossibleValuesParser::new(Claim::ALL.map(Claim::name));
            Arg::new(name)
                .long(name)
                .help(help)
                .help_heading(heading)
                .value_name("CLAIM")
                .hide_possible_values(true)
                .value_parser(claims)
        });
        let names =
            Defect::SIMPLE.iter().map(|(_, name, _)| *name).chain(Defect::STRIKING.iter().map(|(_, name, _)| *name));
        command.args(simple).args(striking).group(ArgGroup::new("defect").args(names))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Wanted {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let simple = Defect::SIMPLE.into_iter().find(|(_, name, _)| matches.get_flag(name)).map(|(defect, ..)| defect);
        let striking = || {
            Defect::STRIKING.into_iter().find_map(|(strike, name, _)| {
                let wanted = matches.get_one::<String>(name)?;
                Claim::ALL.into_iter().find(|claim| claim.name() == wanted).map(strike)
            })
        };
        Ok(Self(simple.or_else(striking).unwrap_or(Defect::None)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn api(text: &str) -> std::result::Result<u8, String> {
    let digit = text.strip_prefix("IFS0").filter(|digit| digit.len() == 1).and_then(|digit| digit.parse().ok());
    digit.filter(|number| (1..=9).contains(number)).ok_or_else(|| "must be one of IFS01 to IFS09".to_owned())
}

/// Prints the token.
pub fn run(arguments: &Arguments) -> Result<()> {
    println!("{}", token(arguments)?);
    Ok(())
}

fn token(arguments: &Arguments) -> Result<String> {
    let standin = Standin::open(&paths::pdnd()).context("the stand-in for PDND")?;
    if arguments.probing {
        return standin.probing(arguments.api).context("making the token");
    }
    let claims = Claims {
        consumer: arguments.consumer.clone(),
        client: arguments.client.clone(),
        purpose: arguments.purpose.clone(),
        lasts: arguments.lasts,
        ..Claims::of(arguments.api).context("making the token")?
    };
    let defect = arguments.defect.0;
    let token = if arguments.partner {
        let subject = Some(arguments.client.clone());
        let from = PartnerClaims { claims, subject, jti: true, issuer: None, forged: arguments.forged };
        standin.partner_token(&from, defect)
    } else {
        standin.voucher(&claims, defect)
    };
    token.context("making the token")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn defect(line: &[&str]) -> Option<Defect> {
        let line = ["voucher", "--api", "IFS02"].iter().chain(line);
        Line::try_parse_from(line).ok().map(|line| line.arguments.defect.0)
    }

    #[test]
    fn a_defect_is_asked_for_by_its_name_and_only_one() {
        assert_eq!(defect(&[]), Some(Defect::None));
        assert_eq!(defect(&["--expired"]), Some(Defect::Expired));
        assert_eq!(defect(&["--null", "purposeId"]), Some(Defect::Null(Claim::Purpose)));
        assert_eq!(defect(&["--null", "nothing"]), None);
        assert_eq!(defect(&["--expired", "--alg-none"]), None);
        assert_eq!(defect(&["--expired", "--wrong", "jti"]), None);
        assert_eq!(defect(&["--probing", "--expired"]), None);
        assert_eq!(defect(&["--forged"]), None);
    }

    #[test]
    fn apis_are_those_of_the_contract() {
        assert_eq!(api("IFS01"), Ok(1));
        assert_eq!(api("IFS09"), Ok(9));
        for wrong in ["IFS00", "IFS10", "ifs02", "2", "IFS0-1", "IFS0+1", ""] {
            assert!(api(wrong).is_err(), "{wrong}");
        }
    }
}
